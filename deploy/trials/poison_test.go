//go:build linux

package trials_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/bus"
)

// poisoned is the pages that crash parsers.
type poisoned struct {
	path string // of the file that the parsers read

	mu   sync.Mutex
	urls []string
}

// poisonPage makes one of the articles that nobody has asked for yet and that
// stay as they are poisonous, and waits until it is a dead letter.
func (r *rig) poisonPage(in *injection) error {
	url, err := r.choosePoison(rand.New(rand.NewPCG(in.Seed, 0)))
	if err != nil {
		return err
	}
	mark := 0
	in.Hit, in.Began = url, time.Now()
	crash, found := r.sees(mark, r.limit(), func(l line) bool { return l.Event == eventCrash && l.URL == url })
	if !found {
		return errors.New("the page crashed nothing")
	}
	in.Lifted = crash.Time
	if !eventually(readyFor+10*r.ackWait, func() bool { return r.isDead(url) }) {
		return errors.New("the page crashes parsers and does not become a dead letter")
	}
	in.Recovered = time.Now()
	return nil
}

func (r *rig) choosePoison(chance *rand.Rand) (string, error) {
	r.poison.mu.Lock()
	defer r.poison.mu.Unlock()
	for range 50 {
		one := r.truth[chance.IntN(len(r.truth))]
		url := one.URL
		if one.Second != "" || slices.Contains(r.poison.urls, url) || r.asked(url) {
			continue
		}
		if err := r.poison.write(append(slices.Clone(r.poison.urls), url)); err != nil {
			return "", err
		}
		time.Sleep(time.Second) // what was asked for meanwhile may have been parsed before
		if !r.asked(url) {
			r.poison.urls = append(r.poison.urls, url)
			return url, nil
		}
		if err := r.poison.write(r.poison.urls); err != nil {
			return "", err
		}
	}
	return "", errors.New("no page is left to poison")
}

// write replaces the file whole, as parsers read it at any time.
func (p *poisoned) write(urls []string) error {
	if err := os.WriteFile(p.path+".new", []byte(strings.Join(urls, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(p.path+".new", p.path)
}

// asked says whether a page was asked for.
func (r *rig) asked(url string) bool {
	return slices.ContainsFunc(r.site.Requests(), func(q demo.Request) bool { return q.URL() == url })
}

// isDead says whether a page is a dead letter.
func (r *rig) isDead(url string) bool {
	letters, err := r.deadLetters()
	return err == nil && slices.ContainsFunc(letters, func(d deadLetter) bool { return d.url == url })
}

// deadLetter is one, and the page or URL that it is about.
type deadLetter struct {
	bus.DeadLetter
	url string
}

func (r *rig) deadLetters() (letters []deadLetter, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	err = r.bus.DeadLetters(ctx, "", func(d bus.DeadLetter) bool {
		letters = append(letters, deadLetter{d, urlIn(d.Data)})
		return true
	})
	return letters, err
}

// urlIn is the URL, without its query, of a page as it lies on the bus, behind the
// length of its metadata, or of one that waited to be fetched.
func urlIn(data []byte) string {
	if n, k := binary.Uvarint(data); k > 0 && n <= uint64(len(data)-k) {
		data = data[k : k+int(n)]
	}
	var meta struct {
		Final string `json:"url_final"`
		URL   string `json:"url"`
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		return ""
	}
	url, _, _ := strings.Cut(meta.Final+meta.URL, "?") // only links of feeds have one
	return url
}

func TestURLsOfDeadLetters(t *testing.T) {
	t.Parallel()
	meta := []byte(`{"url_final":"http://a/1?utm_source=rss"}`)
	page := append(binary.AppendUvarint(nil, uint64(len(meta))), meta...)
	for _, data := range [][]byte{append(page, "<html>"...), []byte(`{"url":"http://a/1"}`)} {
		if got := urlIn(data); got != "http://a/1" {
			t.Errorf("%q of %q", got, data)
		}
	}
}
