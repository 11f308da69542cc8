package helm_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"text/template"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/news"
)

//go:embed testdata/site.yaml
var siteManifest string

// site is a load site in the cluster.
type site struct {
	Name, Address, Image  string
	Hosts, Articles, Seed int

	c     *cluster
	ip    string
	truth map[string]demo.Truth // by URL
}

// serveSite starts a load site and waits until it answers.
func (c *cluster) serveSite(name, image string, hosts, articles, seed int) *site {
	c.Helper()
	s := &site{
		Name: name, Address: fmt.Sprintf("%s.%s.svc.cluster.local", name, c.namespace), Image: image,
		Hosts: hosts, Articles: articles, Seed: seed, c: c, truth: map[string]demo.Truth{},
	}
	var manifest bytes.Buffer
	if err := template.Must(template.New("").Parse(siteManifest)).Execute(&manifest, s); err != nil {
		c.Fatal(err)
	}
	c.apply(manifest.String())
	c.kube("wait", "--for=condition=Ready", "pod/"+name, "--timeout=120s")
	s.ip = c.get("pod", name)[0].Status.PodIP
	for _, a := range recorded[demo.Truth](s, "/_truth") {
		s.truth[a.URL] = a
	}
	c.say("site %s: %d articles on %d hosts at %s", name, len(s.truth), hosts, s.ip)
	return s
}

// recorded reads what the site tells.
func recorded[T any](s *site, path string) []T {
	s.c.Helper()
	out, err := s.c.proxied(s.Name, 8900, path)
	if err != nil {
		s.c.Fatal(err)
	}
	lines, err := decodeLines[T](out)
	if err != nil {
		s.c.Fatal(err)
	}
	return lines
}

func decodeLines[T any](text string) (lines []T, err error) {
	for dec := json.NewDecoder(strings.NewReader(text)); ; {
		var line T
		if err := dec.Decode(&line); errors.Is(err, io.EOF) {
			return lines, nil
		} else if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
}

// source is the site as a source's file.
func (s *site) source() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sources:\n  - id: %s\n    depth: 2\n    seeds:\n", s.Name)
	for i := range s.Hosts {
		fmt.Fprintf(&b, "      - http://%s:%d/\n", s.Address, 9000+i)
	}
	return b.String()
}

// waiting returns the articles that nobody has asked the site for yet.
func (s *site) waiting(requests []demo.Request) map[string]bool {
	waiting := make(map[string]bool, len(s.truth))
	for u := range s.truth {
		waiting[u] = true
	}
	for _, r := range requests {
		delete(waiting, "http://"+r.Host+r.Path)
	}
	return waiting
}

// written reads from the sink's volume what was written of the site.
func (s *site) written() (articles []news.Article, err error) {
	out, err := s.c.tryKube("exec", "deploy/"+release+"-sink", "--", "/sink", "cat", "file:///articles")
	if err != nil {
		return nil, err
	}
	all, err := decodeLines[news.Article](out)
	return slices.DeleteFunc(all, func(a news.Article) bool {
		u, err := url.Parse(a.URL.Final)
		return err != nil || u.Hostname() != s.Address
	}), err
}

// check fails unless the site was crawled politely and all of it was written
// once, which it waits for.
func (s *site) check(limit, gap time.Duration) {
	s.c.Helper()
	deadline := time.Now().Add(limit)
	var lost, wrong []string
	for {
		articles, err := s.written()
		if err == nil {
			if lost, wrong = demo.Differences(slices.Collect(maps.Values(s.truth)), articles); len(lost) == 0 {
				break
			}
			err = fmt.Errorf("%d of %d written", len(articles), len(s.truth))
		}
		if time.Now().After(deadline) {
			s.c.Errorf("%s: not all articles within %s: %v", s.Name, limit, err)
			break
		}
		s.c.say("%v", err)
		time.Sleep(5 * time.Second)
	}
	for what, urls := range map[string][]string{"lost": lost, "wrong": wrong} {
		if len(urls) > 0 {
			s.c.Errorf("%s: %d %s:\n%s", s.Name, len(urls), what, strings.Join(urls[:min(len(urls), 20)], "\n"))
		}
	}
	faults := recorded[demo.Fault](s, "/_faults?gap="+gap.String())
	for _, f := range faults[:min(len(faults), 20)] {
		s.c.Errorf("%s: not polite: %s of %s%s by %s at %s: %s after %+v", s.Name, f.Kind, f.Host, f.Path, f.Remote, f.Start, f.Gap, f.Before)
	}
	s.c.say("%s: %d articles lost, %d wrong, %d impolite requests", s.Name, len(lost), len(wrong), len(faults))
}
