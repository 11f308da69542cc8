package parser

import "testing"

// TestLeastOdds keeps what is doubtful only where much of the page is.
func TestLeastOdds(t *testing.T) {
	for name, c := range map[string]struct {
		odds     []float32
		min, max float32
	}{
		"sure":     {[]float32{6, 6, 6, -6}, -0.05, 0},
		"doubtful": {[]float32{2, 0.2, -0.1, -0.2}, -0.41, -0.25},
		"none":     {nil, -0.41, -0.4},
	} {
		x := &extraction{}
		for _, odds := range c.odds {
			x.raw = append(x.raw, block{weight: 200, odds: odds})
		}
		if got := x.leastOdds(); got < c.min || got > c.max {
			t.Errorf("%s: %.3f, want from %.2f to %.2f", name, got, c.min, c.max)
		}
	}
}

// TestPlaceLikes tells the paragraphs of the text from those of a box in it that
// have the same tag and no class.
func TestPlaceLikes(t *testing.T) {
	const p = "<p>The ferry leaves the pier at six in the morning, and whoever misses it has to wait until noon.</p>"
	x, err := (&Extractor{}).open(testPage([]byte("<title>Ferry</title><article><h1>Ferry</h1>" + p + p + p + p + "<div class=box>" + p + "</div></article>")))
	if err != nil {
		t.Fatal(err)
	}
	defer x.tree.release()
	x.grade()
	x.gather()
	vectors := x.describeBlocks()
	text, box := &vectors[len(vectors)-2], &vectors[len(vectors)-1]
	if text[fPlaceLikes] < 0.5 || box[fPlaceLikes] > 0 || box[fLikes] < 0.9 {
		t.Errorf("%v and %v of such blocks stand in such a place, %v are such", text[fPlaceLikes], box[fPlaceLikes], box[fLikes])
	}
}

// TestPromosOutside wants what is surely a promo outside the container refused, whatever
// the model says of it: a bar above the page need not have a name.
func TestPromosOutside(t *testing.T) {
	const p = "<p>The ferry leaves the pier at six in the morning, and whoever misses it has to wait until noon.</p>"
	x, err := (&Extractor{}).open(testPage([]byte("<title>Ferry</title><div><p>We use cookies to improve your experience. By going on you accept them.</p></div><article><h1>Ferry</h1>" +
		p + p + p + p + "</article>")))
	if err != nil {
		t.Fatal(err)
	}
	defer x.tree.release()
	x.grade()
	x.gather()
	if b := &x.raw[0]; b.inside || b.why != whyPromo {
		t.Errorf("%q is %q", b.text, b.why)
	}
}
