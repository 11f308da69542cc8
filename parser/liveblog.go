package parser

import (
	"bytes"
	"sort"
	"strings"
	"time"

	"pressmill/parser/genre"
	"pressmill/pkg/news"
)

// A live blog is a list of posts under one parent, each with a time and a text
// of its own. Its body holds, post by post as on the page, a heading of the
// post's time and headline, and its text.

// minPosts is how many posts make a live blog.
const minPosts = 3

// post is one post of a live blog.
type post struct {
	node int32
	time string // as the page has it, or ""
}

// findPosts looks for the posts of a page that calls itself a live blog, and
// makes their parent the container. It does nothing on other pages.
func (x *extraction) findPosts() {
	if !x.saysLive() {
		return
	}
	parent, posts := x.tree.posts()
	if len(posts) < minPosts {
		return
	}
	x.posts = posts
	if x.root < 0 || x.tree.nodes[parent].stop > x.tree.nodes[x.root].stop || parent < x.root {
		x.root = parent
	}
}

// saysLive says whether the page's data, URL or markup speaks of a live blog.
func (x *extraction) saysLive() bool {
	if x.ld.article.is("LiveBlogPosting") || x.pathKind() == news.KindLiveblog || x.titleKind(x.meta.title) == news.KindLiveblog {
		return true
	}
	for _, i := range x.tree.named {
		if n := &x.tree.nodes[i]; n.flags&liveMark != 0 && n.tag != tagBody && n.tag != tagHTML && n.full > 0 {
			return true
		}
	}
	return x.labelKind() == news.KindLiveblog
}

const (
	maxClimb  = 10     // levels that a post may lie above its time
	maxClocks = 10_000 // times that are looked at
)

// posts finds the parent with the most text in children that have a time each.
// They must hold half of the page's long text, or they are no more than a rail.
func (t *tree) posts() (parent int32, out []post) {
	groups := make(map[int32][]post)
	clocks := 0
	for i := int32(1); i < int32(len(t.nodes)) && clocks < maxClocks; i++ {
		clock := t.clock(i)
		if clock == "" {
			continue
		}
		clocks++
		child := i
		for range maxClimb {
			p := t.nodes[child].parent
			if p <= 0 {
				break
			}
			g := groups[p]
			if n := &t.nodes[child]; n.tag != tagNone && n.full > 0 && (len(g) == 0 || g[len(g)-1].node != child) {
				groups[p] = append(g, post{child, clock})
			}
			child = p
		}
	}
	best := 0.5 * t.nodes[0].full
	for p, g := range groups {
		var sum float32
		for _, c := range g {
			sum += t.nodes[c.node].full
		}
		if len(g) >= minPosts && (sum > best || sum == best && p > parent) {
			parent, out, best = p, g, sum
		}
	}
	return parent, out
}

// clock returns the time that an element or a text shows, or "".
func (t *tree) clock(i int32) string {
	n := &t.nodes[i]
	switch {
	case n.flags&(hidden|commentMark|relatedMark) != 0:
	case n.tag == tagTime && n.stop-i < maxTimeNodes:
		for j := i + 1; j < n.stop; j++ {
			if s := t.clockText(j); s != "" { // it may show an age besides
				return s
			}
		}
		if s := t.text(i); s != "" && len(s) < 40 {
			return s
		}
		if at := t.attr(i, "datetime"); len(at) > 15 {
			return at[11:16]
		}
	}
	return t.clockText(i)
}

// maxTimeNodes bounds an element that is read as a time.
const maxTimeNodes = 16

// clockText returns the time that a text is, or "".
func (t *tree) clockText(i int32) string {
	n := &t.nodes[i]
	if n.tag != tagNone || n.end-n.start < 4 || n.end-n.start > 32 {
		return ""
	}
	b := bytes.TrimSpace(t.bytes(i))
	if len(b) == 0 || b[0] < '0' || b[0] > '9' {
		return ""
	}
	if s := string(b); isClock(s) {
		return s
	}
	return ""
}

// isClock says whether a short text is a time of the day: 9:05, 21.30 Uhr,
// 14h10, 7:15 pm, 16時20分.
func isClock(s string) bool {
	i := 0
	for i < len(s) && i < 2 && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == 0 || i == len(s) {
		return false
	}
	rest := s[i:]
	for _, sep := range []string{":", ".", "h", "時", "點", "点", "시 "} {
		tail, ok := strings.CutPrefix(rest, sep)
		if !ok || len(tail) < 2 || !isDigit(tail, 0) || !isDigit(tail, 1) || isDigit(tail, 2) {
			continue
		}
		tail = strings.TrimLeft(tail[2:], " ")
		return len(tail) <= 12 && (sep != "." || tail == "" || tail[0] != '.' && !isDigit(tail, 0))
	}
	return false
}

func isDigit(s string, i int) bool { return i < len(s) && '0' <= s[i] && s[i] <= '9' }

// markPosts puts a heading in front of every post's blocks: its time, and its
// headline if it has one.
func (x *extraction) markPosts() {
	if len(x.posts) == 0 {
		return
	}
	out := make([]block, 0, len(x.kept)+len(x.posts))
	next := 0
	for i := range x.posts {
		p := &x.posts[i]
		for next < len(x.kept) && x.kept[next].start < p.node {
			out = append(out, x.kept[next])
			next++
		}
		var text []block
		for next < len(x.kept) && x.kept[next].start < x.tree.nodes[p.node].stop {
			if b := x.kept[next]; !isTimeLine(&b, p.time) {
				text = append(text, x.tree.inPost(b, p))
			}
			next++
		}
		if len(text) > 0 {
			out = appendPost(out, p, text, x.headlineOf(p))
		}
	}
	x.kept = append(out, x.kept[next:]...)
}

// isTimeLine says whether a block is the time of its post.
func isTimeLine(b *block, clock string) bool {
	return b.text == clock || isClock(b.text) || b.weight < 40 && b.dated > 0.9*b.weight
}

// inPost returns a block as it is in a post: without the time in front of it,
// and no list's item because the post is one.
func (t *tree) inPost(b block, p *post) block {
	if rest, ok := strings.CutPrefix(b.text, p.time); ok && p.time != "" {
		b.text = strings.TrimSpace(rest)
		if b.bold > 0.4*b.weight && b.weight < 90 && !endsSentence(rest) {
			b.t = news.BlockHeading
		}
	}
	if b.t == news.BlockListItem && (b.node == p.node || t.nodes[b.node].tag != tagLI) {
		b.t = news.BlockParagraph
	}
	return b
}

// headlineOf returns the headline of a post that is a link and so no part of
// the text, or "".
func (x *extraction) headlineOf(p *post) string {
	from := sort.Search(len(x.raw), func(i int) bool { return x.raw[i].start > p.node })
	for i := from; i < len(x.raw) && x.raw[i].start < x.tree.nodes[p.node].stop; i++ {
		if b := &x.raw[i]; b.t == news.BlockHeading && b.linkOnly() {
			return b.text
		}
	}
	return ""
}

func appendPost(out []block, p *post, text []block, linked string) []block {
	head := block{t: news.BlockHeading, text: p.time, node: p.node, start: p.node}
	switch {
	case text[0].t == news.BlockHeading:
		head = text[0]
		head.text = joinNonEmpty(p.time, text[0].text)
		text = text[1:]
	case linked != "":
		head.text = joinNonEmpty(p.time, linked)
	}
	if head.text != "" {
		out = append(out, head)
	}
	return append(out, text...)
}

func joinNonEmpty(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

// rescuePosts takes the posts from the structured data when the page shows
// none of them.
func (x *extraction) rescuePosts() {
	if !x.ld.article.is("LiveBlogPosting") || x.textWeight() > minShown {
		return
	}
	var out []block
	var weight float32
	for u := range x.ld.article.list("liveBlogUpdate") {
		body := u.text("articleBody")
		w := weigh([]byte(body))
		if w == 0 || len(out) > maxRescued {
			continue
		}
		head := joinNonEmpty(clockOf(u.text("datePublished")), u.text("headline"))
		if head != "" {
			out = append(out, block{t: news.BlockHeading, text: head})
		}
		out = append(out, block{t: news.BlockParagraph, text: body, weight: w})
		weight += w
	}
	if weight < minShown {
		return
	}
	x.kept, x.posts = out, nil
	x.warn("posts taken from structured data")
}

const (
	minShown   = 200  // the weight of text from which a page shows its posts
	maxRescued = 4000 // blocks that are taken from structured data
)

func clockOf(stamp string) string {
	if at, err := time.Parse(time.RFC3339, stamp); err == nil {
		return at.Format("15:04")
	}
	return ""
}

// live says whether a live blog still runs, where the page says so: by the end
// of its coverage, a closing line or a label beside its title.
func (x *extraction) live() *news.Live {
	if end, err := time.Parse(time.RFC3339, x.ld.article.text("coverageEndTime")); err == nil {
		return &news.Live{IsLive: new(end.After(x.page.FetchedAt))}
	}
	for i := range x.raw {
		if b := &x.raw[i]; b.weight < 90 && genre.Ended(x.fold(b.text)) {
			return &news.Live{IsLive: new(false)}
		}
	}
	running := false
	x.labels(func(folded string) bool {
		running = folded == "live" || genre.Of(folded) == news.KindLiveblog
		return !running
	})
	if running && !x.stale() {
		return &news.Live{IsLive: new(true)}
	}
	return nil
}

// stale says whether the article is known to be older than a live blog runs:
// labels stay when the reporting ends.
func (x *extraction) stale() bool {
	for _, d := range []*news.Date{x.art.Modified, x.art.Published} {
		if d == nil || len(d.Local) < len(time.DateOnly) {
			continue
		}
		day, err := time.Parse(time.DateOnly, d.Local[:len(time.DateOnly)])
		return err == nil && x.page.FetchedAt.Sub(day) > 3*24*time.Hour
	}
	return false
}
