package parser

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeTestCorpus writes a corpus of one article and one list.
func writeTestCorpus(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.MkdirAll(filepath.Join(dir, "html"), 0o755); err != nil {
		t.Fatal(err)
	}
	var index bytes.Buffer
	for _, name := range []string{"structured", "teasers"} {
		page, err := os.ReadFile("testdata/golden/" + name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write(page)
		_ = w.Close()
		if err := os.WriteFile(filepath.Join(dir, "html", name+".gz"), z.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		line := map[string]any{
			"id": name, "url": "https://www.example-times.com/" + name, "html": "html/" + name + ".gz",
			"expected": map[string]any{
				"title": "Town to repair old bridge", "authors": []string{"Jane Doe", "Joe Bloggs"},
				"published": "2026-02-27T18:05:00+01:00", "published_precision": "instant",
			},
		}
		if err := json.NewEncoder(&index).Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "pages.jsonl"), index.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCommands(t *testing.T) {
	dir := writeTestCorpus(t)
	page := "testdata/golden/structured.html"
	body, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	list := "testdata/golden/teasers.html"
	for name, c := range map[string]struct {
		cmd  string
		args []string
		code int
		out  string // in the output
		errs string // in the errors
	}{
		"extract file":      {"extract", []string{"-url", "https://a.example/x", page}, 0, `"title": "Town to repair old bridge"`, ""},
		"extract stdin":     {"extract", []string{"-url", "https://a.example/x", "-"}, 0, `"title": "Town to repair old bridge"`, ""},
		"extract list":      {"extract", []string{"-url", "https://a.example/x", list}, 1, "", "section_front"},
		"extract corpus":    {"extract", []string{"-corpus", dir}, 0, `"article":null,"error":"page is no article: section_front"`, ""},
		"no url":            {"extract", []string{page}, 2, "", "-url is missing"},
		"no file":           {"extract", []string{"-url", "https://a.example/x"}, 2, "", "want one FILE"},
		"corpus and file":   {"extract", []string{"-corpus", dir, page}, 2, "", "neither"},
		"unknown flag":      {"extract", []string{"-nonsense"}, 2, "", "nonsense"},
		"missing file":      {"extract", []string{"-url", "https://a.example/x", "missing.html"}, 1, "", "missing.html"},
		"extract help":      {"extract", []string{"--help"}, 0, "usage: parser extract", ""},
		"evaluate":          {"evaluate", []string{"-corpus", dir}, 0, "0.5000", ""},
		"evaluate trailing": {"evaluate", []string{"-worst", "1", dir, dir}, 0, "small", ""},
		"evaluate nothing":  {"evaluate", nil, 2, "", "at least one folder"},
		"evaluate missing":  {"evaluate", []string{"-corpus", dir + "-missing"}, 1, "", "open corpus"},
		"evaluate help":     {"evaluate", []string{"-h"}, 0, "usage: parser evaluate", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := 0
			if c.cmd == "extract" {
				code = RunExtract(c.args, bytes.NewReader(body), &out, &errs)
			} else {
				code = RunEvaluate(c.args, &out, &errs)
			}
			if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errs) {
				t.Errorf("code %d, want %d\nout %s\nerr %s", code, c.code, &out, &errs)
			}
		})
	}
}

// TestEvaluateArticles scores a file of articles as the corpus itself scores.
func TestEvaluateArticles(t *testing.T) {
	dir := writeTestCorpus(t)
	var lines, errs, direct, fromFile bytes.Buffer
	if code := RunExtract([]string{"-corpus", dir}, nil, &lines, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	file := filepath.Join(t.TempDir(), "articles.jsonl")
	if err := os.WriteFile(file, lines.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if code := RunEvaluate([]string{dir}, &direct, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if code := RunEvaluate([]string{"-articles", file, dir}, &fromFile, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if direct.String() != fromFile.String() {
		t.Errorf("direct\n%sfrom file\n%s", &direct, &fromFile)
	}
}

// TestZone uses the source's zone only where the page states none.
func TestZone(t *testing.T) {
	p := testPage([]byte(`<html><head><title>Bridge repaired</title><meta property="article:published_time" content="2026-02-27 18:05"></head><body><h1>Bridge repaired</h1>` + strings.Repeat(para, 2) + "<p>Work is to begin in October, and the road stays open.</p></body>"))
	for zone, want := range map[string]string{"": "", "Europe/Berlin": "2026-02-27T18:05:00+01:00"} {
		p.Source.Zone = zone
		a, err := Extract(p)
		if err != nil {
			t.Fatal(err)
		}
		if a.Published == nil || a.Published.At != want || a.Published.Local != "2026-02-27T18:05:00" {
			t.Errorf("zone %q: %+v", zone, a.Published)
		}
	}
}
