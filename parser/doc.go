// Package parser turns a fetched page into an article. It never fetches.
//
// A page goes through these steps, as extraction.run and finish list them:
//
//   - decode and parseTree: the charset is decoded, and a byte scanner builds a
//     tree in one slice.
//   - grade: the structured data is read; elements are marked by the words in
//     their names, weighed by their text and graded.
//   - gather: a model of boosted trees chooses the container of the text, which
//     is cut into typed blocks; title and images are found; rules say of blocks
//     that they are a byline, a caption, a link to another story.
//   - keep: a second model tells which blocks are the text. Most rules are
//     final; it may overrule those that are named disputable.
//   - rescue: a page that shows far less than its structured data or a script's
//     state holds takes its text from there.
//   - standfirst, dates, authors, access: the fields, each from all its sources.
//   - judge: grounds for and against are weighed; a page that is no article is
//     rejected with a reason.
//   - finish: what follows from the parts, such as language, topics, kind and
//     hashes.
//
// Site rules go before all of these where they say something. The models are
// part of the program; Train makes them of labelled pages.
package parser
