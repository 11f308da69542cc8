// Package parser turns a fetched page into an article. It never fetches.
//
// # Files
//
// The worker, and the engine from outside in; each field of an article then has
// a file or two of its own:
//
//   - stage.go: [Worker] takes pages from the bus and publishes articles.
//     takedown.go: that a page is gone is passed on. quality.go: what the articles
//     of each source have. busy.go: a page that takes too long.
//   - extract.go: [Extractor.Extract] and the order of the steps.
//   - charset.go, scan.go, tags.go, tree.go, store.go: the page becomes UTF-8, and
//     a [tree] in one slice.
//   - meta.go, jsonld.go: the head and the structured data.
//   - marks.go, score.go: what the words in names say of elements, and weights.
//   - container.go, model.go, body.go, blocks.go, features.go: the element that
//     holds the text, its blocks, and which of them are the text.
//   - promos.go, related.go: what stands in a text and is none. state.go: a text
//     that a script holds. liveblog.go: posts.
//   - title.go, heading.go, sitename.go: the vote for the title.
//   - standfirst.go, images.go, authors.go, topics.go, language.go, kind.go,
//     access.go, usage.go, simhash.go: the fields of these names.
//   - published.go, timeline.go: the dates. visibledates.go, markeddates.go,
//     linedates.go: those that readers see.
//   - verdict.go, reject.go, pagetypes.go, wall.go: whether the page is an article.
//   - sitefields.go, selectors.go: what site rules say.
//   - fold.go: the form in which texts are compared.
//   - program.go, command.go: the binary and its commands. explain.go,
//     explainfields.go: how a page was extracted. train.go: the models are made.
//
// Below: dates, bylines, jsonld, charsets, genre, walls (each reads one thing, as
// does pkg/urlshape), rules (site rules), boost (the models' trees),
// coverage (when a source drifts), corpus (scores), explain (the web page), bench
// (beside other extractors; a module of its own).
//
// # The path of one page
//
//  1. [Worker.Run] consumes pages; [Worker.handle] counts each delivery, and calls
//     [Worker.article], or [Worker.takeDown] for a page that is gone.
//  2. [Extractor.open] decodes the page ([decode], [parseTree]), reads its addresses
//     ([extraction.addresses]) and finds the site's rule ([extraction.useRule]).
//  3. [extraction.run] lists the steps. [extraction.grade] reads the structured
//     data and marks and weighs elements. [extraction.gather] has a model choose
//     the container, cuts it into typed blocks, and finds title and images.
//  4. [extraction.keep] has a second model tell which blocks are the text. Most
//     rules are final; it may overrule those that are named disputable.
//  5. [extraction.rescue] takes the text from structured data or a script's state
//     when the page shows far less.
//  6. [extraction.standfirst], [extraction.dates], [extraction.authors],
//     [extraction.access]: the fields, each from all that tell it, with where it
//     comes from ([extraction.prov]).
//  7. [extraction.judge] weighs grounds for and against; a page that is no article
//     is a [RejectError].
//  8. [extraction.finish] fills what follows from the parts: language, topics, kind,
//     id, rev, hashes.
//  9. [news.Article.Validate], then [bus.Bus.PublishArticle]. handle returns nil,
//     and only then is the page acknowledged.
//
// # What holds
//
//   - The error is the protocol: nil and a [RejectError] acknowledge the page, a
//     [bus.PermanentError] makes it a dead letter, anything else, a panic too, has
//     it delivered again. Whatever happens is counted once ([outcomeOf]).
//   - The same page gives the same article, but for extraction.at: no clock, no
//     network and no map's order in a result.
//   - Any bytes are a page: time and memory are bounded (maxNodes, maxBlocks,
//     maxTries). TestHostile and the fuzz targets hold the engine to that.
//   - Trees, nodes and the page's bytes go back to pools ([tree.release]). A string
//     that outlives the page is a copy ([store.keep]).
//   - Unknown is absent: no "", no placeholder, no guessed zone.
//   - id and rev are for ever: [news.ArticleID] and [news.Revision] never change.
//
// # Where changes go
//
// A field of the article: its type in pkg/news/article.go with omitempty, and a
// fault in [news.Article.Validate] if there is a wrong value (a closed set of
// values also in enum, pkg/news/schema.go; the JSON Schema follows). A method
// of [extraction] in a file of its name, called in [extraction.run], or in
// [extraction.finish] if it follows from others. It reads the head by [meta.get],
// structured data by [object], elements by [tree.nodes], and notes the provenance.
// explainfields.go shows it. A column in sink/table/row.go and its two lines in
// sink/table/convert.go: TestParquetHasAColumnForEveryField fails until it is
// there. A golden page, as below.
//
// A place where a site has what a field needs: the list at the head of the
// field's file ([publishedKeys] and the like), or another source in its method.
// If one site alone has it, no code: a site rule (deploy/rules/example.yaml).
//
// A reason to reject: a constant in reject.go, its ground in verdict.go, and a
// page in testdata/kinds that TestArticleOrNot reads. README.md lists the reasons,
// and so does the comment of the event parse.rejected (pkg/logging/events.go; `go
// generate ./pkg/logging`).
//
// What the models look at: features.go or container.go, and then `make train`, as a
// model fits the features that it was trained with. Without the labelled pages
// leave these two alone.
//
// Each of these changes the results: raise [Version].
//
// # Trying it
//
// Put a page that shows the case into testdata/golden as name.html and run `go test
// ./parser -run TestGolden -update`: name.json is what came of it; look at the
// difference of all others as well. Made-up pages only. `go test ./parser/...`
// takes a minute. TestSeed holds the engine to a real page, and `make evaluate
// CORPUS="DIR..."` scores it on labelled ones.
//
// `bin/parser extract -url URL page.html` prints an article; `bin/parser explain -url
// URL -o out.html page.html` shows every block of the page, kept or left out, and why.
package parser
