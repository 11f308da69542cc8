package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/worker"
)

// maxLogShare is the share of a crawl's CPU that logging may take, in percent.
const maxLogShare = 3

const (
	logHosts    = 16
	logArticles = 120 // of each host
	logLinks    = 400
	logScripts  = 120_000 // bytes
)

// BenchmarkLogging crawls a local site with pages of some 160 KB, all stages and
// the server in this process and the site in another, with the log in a file at
// info. It measures the share of the CPU below functions of the log (profile),
// and how much less the same crawl takes at the level error (difference). Crawls
// differ among themselves by ten percent, so that only the profile decides.
func BenchmarkLogging(b *testing.B) {
	seeds := startLogSite(b)
	for b.Loop() {
		quiet, cpu, share, lines := time.Hour, time.Hour, 0.0, 0
		const rounds = 4
		for range rounds { // in turn, so that what else the machine does meets both
			less, _, _ := logCrawl(b, seeds, "error")
			took, profile, n := logCrawl(b, seeds, "info")
			quiet, cpu, lines = min(quiet, less), min(cpu, took), n
			share += profileShare(b, profile) / rounds
		}
		b.ReportMetric(share, "%profile")
		b.ReportMetric(100*(1-float64(quiet)/float64(cpu)), "%difference")
		b.ReportMetric(float64(cpu.Microseconds())/(logHosts*logArticles), "cpu-µs/page")
		b.ReportMetric(float64(lines)/(logHosts*logArticles), "lines/page")
		if share > maxLogShare {
			b.Errorf("logging takes %.1f %% of the CPU of a crawl, more than %d %%", share, maxLogShare)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// logCrawl crawls the site once and returns the CPU that it took, its profile,
// and how many lines were logged.
func logCrawl(b *testing.B, seeds []string, level string) (cpu time.Duration, profile string, lines int) {
	b.Helper()
	dir := b.TempDir()
	config, log := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "run.jsonl")
	must(b, os.WriteFile(config, fmt.Appendf(nil, "log: {level: %s, file: {path: %s}}\n", level, log), 0o600))
	profile = filepath.Join(dir, "cpu.prof")
	file, err := os.Create(profile)
	must(b, err)
	defer file.Close()
	began := cpuTime()
	must(b, pprof.StartCPUProfile(file))
	var out bytes.Buffer
	code := worker.Run(b.Context(), program(), append(append(runArgs(dir), "-config", config, "-delay", "1ms", "-depth", "0"), seeds...), strings.NewReader(""), &out, &out)
	pprof.StopCPUProfile()
	cpu = cpuTime() - began
	text, err := os.ReadFile(log)
	must(b, err)
	if want := fmt.Sprintf(" %d articles", logHosts*logArticles); code != 0 || !strings.Contains(out.String(), want) {
		b.Fatalf("exit code %d, want%s\n%s", code, want, out.String())
	}
	return cpu, profile, bytes.Count(text, []byte("\n"))
}

// profileShare is the share of a profile that lies below the log, in percent.
func profileShare(b *testing.B, profile string) float64 {
	b.Helper()
	report, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount", "1000000", "-nodefraction", "0", "-edgefraction", "0",
		"-focus", `pressmill/pkg/logging|go\.uber\.org/zap|timberjack`, profile).Output()
	must(b, err)
	m := regexp.MustCompile(`Showing nodes accounting for \S+, ([0-9.]+)% of`).FindSubmatch(report)
	if m == nil {
		b.Fatalf("no share in the report:\n%.500s", report)
	}
	share, err := strconv.ParseFloat(string(m[1]), 64)
	must(b, err)
	return share
}

// startLogSite starts the site as a process of its own and returns a sitemap
// for each of its hosts.
func startLogSite(b *testing.B) (seeds []string) {
	b.Helper()
	site := exec.Command(os.Args[0])
	site.Env = append(os.Environ(), "PRESSMILL_MAIN=1")
	site.Args[0] = "logsite"
	out, err := site.StdoutPipe()
	must(b, err)
	must(b, site.Start())
	b.Cleanup(func() { _ = site.Process.Kill(); _ = site.Wait() })
	for scanner := bufio.NewScanner(out); len(seeds) < logHosts && scanner.Scan(); {
		seeds = append(seeds, scanner.Text())
	}
	if len(seeds) < logHosts {
		b.Fatal("the site did not start")
	}
	return seeds
}

// serveLogSite serves the site until it is killed, and prints its sitemaps.
func serveLogSite() {
	for host := range uint64(logHosts) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		base := "http://" + listener.Addr().String()
		mux := http.NewServeMux()
		var sitemap strings.Builder
		sitemap.WriteString(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
		for n := range uint64(logArticles) {
			path := fmt.Sprintf("/2026/11/a-story-of-the-harbour-and-its-old-pier-%d-%d", host, n)
			fmt.Fprintf(&sitemap, "<url><loc>%s%s</loc><lastmod>%s</lastmod></url>", base, path, time.Now().UTC().Format(time.RFC3339))
			page := packed(logPage(rand.New(rand.NewPCG(host, n)), base+path))
			mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(page)
			})
		}
		sitemap.WriteString("</urlset>")
		mux.HandleFunc("/sitemap.xml", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, sitemap.String()) })
		fmt.Println(base + "/sitemap.xml")
		go func() { panic(http.Serve(listener, mux)) }()
	}
	select {}
}

// logPage is an article of some 400 words among links and scripts, as pages of
// news sites are.
func logPage(rng *rand.Rand, url string) []byte {
	words := strings.Fields("the old ferry pier by the harbour opens again after three years of repairs that cost the town more than anyone had said before " +
		"council members voted on tuesday while fishermen waited with their boats and asked who pays for lights ropes benches and a new clock")
	text := func(n int) string {
		said := make([]string, n)
		for i := range said {
			said[i] = words[rng.IntN(len(words))]
		}
		return strings.Join(said, " ")
	}
	var page bytes.Buffer
	fmt.Fprintf(&page, `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>%s</title><link rel="canonical" href="%s">`, text(9), url)
	fmt.Fprintf(&page, `<meta property="og:type" content="article"><meta property="article:published_time" content="%s">`, time.Now().UTC().Format(time.RFC3339))
	page.WriteString("</head><body><nav><ul>")
	for i := range logLinks {
		fmt.Fprintf(&page, `<li class="nav-item item-%d"><a class="nav-link" href="/section/%d">%s</a></li>`, i, i, text(3))
	}
	fmt.Fprintf(&page, `</ul></nav><main><article><h1>%s</h1><p class="byline">By Nora Hale</p>`, text(9))
	for range 10 {
		fmt.Fprintf(&page, "<p>%s.</p>", text(40))
	}
	page.WriteString("</article></main><script>")
	for page.Len() < logScripts {
		fmt.Fprintf(&page, "window.state[%q]={id:%d,ts:%d};\n", text(2), rng.Uint32(), rng.Uint64())
	}
	page.WriteString("</script></body></html>")
	return page.Bytes()
}

func packed(page []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(page) // a buffer takes all
	_ = z.Close()
	return out.Bytes()
}
