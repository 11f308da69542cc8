package main

import (
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"pressmill/parser/corpus"
	"pressmill/pkg/news"
)

// page is one page of the site.
type page struct {
	path        string // with its query
	contentType string
	body        []byte
}

// load reads the pages of the folders, each so many times.
func load(dirs []string, copies int) (pages []page, err error) {
	for _, dir := range dirs {
		labels, err := labelsOf(dir)
		if err != nil {
			return nil, err
		}
		for i := range labels {
			saved, err := labels[i].Page()
			if err != nil {
				return nil, fmt.Errorf("read page %s: %w", labels[i].ID, err)
			}
			for n := range copies {
				pages = append(pages, newPage(saved, len(pages), n))
			}
		}
	}
	if len(pages) == 0 {
		return nil, errors.New("no pages: name a folder that has some")
	}
	return pages, nil
}

func labelsOf(dir string) ([]corpus.Label, error) {
	set, err := corpus.Load(dir)
	if err == nil {
		return set.Labels, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var labels []corpus.Label
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".html" {
			labels = append(labels, corpus.Label{ID: path, URL: "https://www.example.com/" + filepath.ToSlash(path), HTML: path})
		}
		return err
	})
	return labels, err
}

// newPage keeps the path of a page, whose shape tells something, below a folder
// that makes it different from all others.
func newPage(saved *news.Page, n, repeat int) page {
	path := "/"
	if u, err := url.Parse(saved.FinalURL); err == nil {
		path = u.EscapedPath()
	}
	body := saved.Body
	if repeat > 0 { // another article to those who know an article by its text or by its canonical URL
		mark := "copy" + strconv.Itoa(repeat) + "-"
		body = []byte(strings.NewReplacer(`rel="canonical" href="`, `rel="canonical" href="/`+mark, "</p>", " "+mark+"</p>").Replace(string(body)))
	}
	return page{path: "/" + strconv.Itoa(n) + "/" + strings.TrimLeft(path, "/"), contentType: saved.HeaderValue("Content-Type"), body: body}
}

// site is what is crawled.
type site struct {
	seeds  []string // front pages, which link all pages of their host
	pages  int
	bytes  int
	served atomic.Int64 // pages, since the last crawl began
}

// serve serves pages on so many ports of 127.0.0.1, each of which is a host.
func serve(pages []page, hosts int) (s *site, stop func(), err error) {
	s = &site{pages: len(pages)}
	var servers []*http.Server
	stop = func() {
		for _, server := range servers {
			_ = server.Close()
		}
	}
	for i := range min(hosts, len(pages)) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("serve site: %w", err)
		}
		var own []page
		for n := i; n < len(pages); n += hosts {
			own = append(own, pages[n])
			s.bytes += len(pages[n].body)
		}
		server := &http.Server{Handler: s.handler(own)}
		servers = append(servers, server)
		go func() { _ = server.Serve(ln) }()
		s.seeds = append(s.seeds, "http://"+ln.Addr().String()+"/")
	}
	return s, stop, nil
}

// handler answers for one host.
func (s *site) handler(pages []page) http.Handler {
	byPath := make(map[string]page, len(pages))
	var front strings.Builder
	front.WriteString("<!DOCTYPE html><html><head><title>Front page</title></head><body><ul>\n")
	for _, p := range pages {
		byPath[p.path] = p
		fmt.Fprintf(&front, "<li><a href=\"%s\">%s</a></li>\n", html.EscapeString(p.path), html.EscapeString(p.path))
	}
	front.WriteString("</ul></body></html>\n")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(front.String()))
			return
		}
		p, ok := byPath[r.URL.EscapedPath()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.served.Add(1)
		if p.contentType != "" {
			w.Header().Set("Content-Type", p.contentType)
		}
		_, _ = w.Write(p.body)
	})
}
