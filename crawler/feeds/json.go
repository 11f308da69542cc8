package feeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonItem is an item of a JSON feed (jsonfeed.org/version/1.1). Numbers for
// texts are common.
type jsonItem struct {
	ID          any `json:"id"`
	URL         any `json:"url"`
	ExternalURL any `json:"external_url"`
	Title       any `json:"title"`
	Published   any `json:"date_published"`
	Modified    any `json:"date_modified"`
}

// parseJSON reads a JSON feed member by member, so that what breaks off gives
// its whole items.
func parseJSON(r io.Reader) (Feed, error) {
	d := json.NewDecoder(spaced{r})
	if _, err := d.Token(); err != nil {
		return Feed{}, err
	}
	var (
		f     Feed
		items newest
		err   error
	)
	for d.More() && err == nil {
		var key json.Token
		if key, err = d.Token(); err != nil {
			break
		}
		err = f.member(d, fmt.Sprint(key), &items)
	}
	if err == nil {
		_, err = d.Token() // the end
	}
	f.Items = items.all()
	f.Cut = err != nil
	if err != nil && len(f.Items) == 0 {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Feed{}, err
	}
	return f, nil
}

func (f *Feed) member(d *json.Decoder, key string, items *newest) error {
	if key == "items" {
		return jsonItems(d, items)
	}
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return err
	}
	var s string
	_ = json.Unmarshal(value, &s) // what is no text is none
	switch key {
	case "title":
		f.Title = strings.TrimSpace(s)
	case "home_page_url":
		f.Link = strings.TrimSpace(s)
	case "feed_url":
		f.Self = strings.TrimSpace(s)
	case "hubs":
		var hubs []struct{ URL string }
		if json.Unmarshal(value, &hubs) == nil {
			for _, h := range hubs[:min(len(hubs), 8)] {
				f.Hubs = append(f.Hubs, h.URL)
			}
		}
	}
	return nil
}

func jsonItems(d *json.Decoder, items *newest) error {
	token, err := d.Token()
	if token != json.Delim('[') || err != nil {
		return errors.Join(err, errNoItems)
	}
	for d.More() {
		var i jsonItem
		err := d.Decode(&i)
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !other {
			return err
		}
		items.add(i.item())
	}
	_, err = d.Token()
	return err
}

var errNoItems = errors.New("items is no array")

func (i jsonItem) item() Item {
	item := Item{
		URL: textOf(i.URL), Title: plain(textOf(i.Title)),
		Published: parseDate(textOf(i.Published)), Updated: parseDate(textOf(i.Modified)),
	}
	if id := textOf(i.ID); item.URL == "" && isHTTP(id) {
		item.URL = id
	}
	setOnce(&item.URL, textOf(i.ExternalURL))
	return item
}

func textOf(v any) string {
	s, _ := v.(string)
	return strings.TrimSpace(s)
}

// spaced replaces control characters, which JSON does not allow in texts.
type spaced struct{ r io.Reader }

func (s spaced) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for i, c := range p[:n] {
		if c < ' ' {
			p[i] = ' '
		}
	}
	return n, err
}
