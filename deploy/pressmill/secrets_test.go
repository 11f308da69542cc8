package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
)

// hidden is in every secret of these tests, in forms that secrets have.
const hidden = "hunter2hunter2"

// leakySite is a site and a webhook whose every address, link, redirect and
// answer carries a secret.
func leakySite(t *testing.T) *httptest.Server {
	t.Helper()
	story := "<html><head><title>The old pier %s</title></head><body><article><h1>The old pier opens again</h1>" +
		strings.Repeat("<p>The pier was closed for three years, and many people waited for the day on which it would open again.</p>", 12) + "</article></body></html>"
	var site *httptest.Server
	site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		closed := "http://u:" + hidden + "@127.0.0.1:1/closed?sig=" + hidden
		switch r.URL.Path {
		case "/robots.txt":
			http.NotFound(w, r)
		case "/feed":
			fmt.Fprint(w, `<rss version="2.0"><channel><title>News</title>`)
			for i := range 3 {
				fmt.Fprintf(w, `<item><title>Story %d</title><link>%s/story/%d?token=%s&amp;page=1</link></item>`, i, site.URL, i, hidden)
			}
			fmt.Fprintf(w, `<item><title>Moved</title><link>%s/moved?api_key=%s</link></item><item><title>Off</title><link>%s</link></item>`,
				site.URL, hidden, strings.ReplaceAll(closed, "&", "&amp;"))
			fmt.Fprintf(w, `<item><title>Gone</title><link>%s/gone?X-Amz-Signature=%s</link></item></channel></rss>`, site.URL, hidden)
		case "/moved":
			http.Redirect(w, r, "/target?access_token="+hidden, http.StatusFound)
		case "/gone":
			http.Error(w, "Authorization: Bearer "+hidden+" is refused", http.StatusGone)
		case "/broken":
			panic(http.ErrAbortHandler)
		case "/hook":
			http.Error(w, `{"password":"`+hidden+`"}`, http.StatusBadRequest)
		default:
			w.Header().Set("Set-Cookie", "session="+hidden)
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, story, r.URL.Path)
			fmt.Fprintf(w, `<a href="%s">off</a><a href="/broken?token=%s">broken</a>`, closed, hidden)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// TestNoSecretIsLogged runs the pipeline with secrets in whatever takes one, at
// debug and with each preset, on standard error and in a file.
func TestNoSecretIsLogged(t *testing.T) {
	t.Setenv("LEAKY_AUTH", "Bearer "+hidden)
	t.Setenv("LEAKY_SECRET", "whsec_"+strings.Repeat("aHVudGVy", 5))
	site := leakySite(t)
	for _, section := range []string{"preset: default, format: console", "preset: default", "preset: ecs", "preset: gcp, file: {path: DIR/run.jsonl}"} {
		dir := t.TempDir()
		host := strings.TrimPrefix(site.URL, "http://")
		config := programtest.File(t, "config.yaml", strings.NewReplacer("DIR", dir, "SITE", host, "HIDDEN", hidden).Replace(`
bus: {url: "nats://u:HIDDEN@127.0.0.1:1,nats://HIDDEN@127.0.0.1:2"}
log: {level: debug, `+section+`}
crawler: {attempts: 1}
sinks:
  - {url: "file://DIR/out"}
  - name: hook
    url: "http://SITE/hook?token=HIDDEN"
    webhook: {insecure: true, secrets: ["env:LEAKY_SECRET"], headers: {Authorization: "env:LEAKY_AUTH", X-Api-Key: HIDDEN}, attempts: 1}
sources:
  - {id: feed, seeds: ["http://SITE/feed?token=HIDDEN"], depth: 1, headers: {Authorization: "env:LEAKY_AUTH", X-Api-Key: HIDDEN}, cookies: true}
`))
		code, stdout, stderr := pressmill(t, "run", "-once", "-allow-private=127.0.0.0/8", "-delay", "1ms", "-data", filepath.Join(dir, "data"), "-config", config)
		text := stdout + stderr
		if file, err := os.ReadFile(filepath.Join(dir, "run.jsonl")); err == nil {
			text += string(file)
			logtest.Check(t, string(file))
			if stderr != "" {
				t.Errorf("%s: beside the file, standard error has %s", section, stderr)
			}
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, hidden) || strings.Contains(line, "aHVudGVy") {
				t.Errorf("%s: %s", section, line)
			}
		}
		for _, event := range []string{logging.ConfigEffective, logging.FetchDone, logging.FetchFailed, logging.ArticlePublished, logging.SegmentCommitted, logging.DeliveryRejected} {
			if !strings.Contains(text, event) {
				t.Errorf("%s: exit code %d, and no line of %s", section, code, event)
			}
		}
		if n := strings.Count(text, "REDACTED"); n < 30 {
			t.Errorf("%s: only %d secrets were met", section, n)
		}
	}
}

// TestWorkerWithoutItsBusTellsNoSecret has a worker try servers whose addresses
// hold passwords, one of which is no URL.
func TestWorkerWithoutItsBusTellsNoSecret(t *testing.T) {
	t.Parallel()
	for _, servers := range []string{
		"nats://u:" + hidden + "@127.0.0.1:1,nats://" + hidden + "@127.0.0.1:2", "nats://u:" + hidden + "%zz@127.0.0.1:1", "nats://u:" + hidden + " @127.0.0.1:1",
	} {
		var log strings.Builder
		b := bench{config: programtest.File(t, "config.yaml", fmt.Sprintf("bus: {url: %q}\nlog: {level: debug}\n", servers))}
		cmd := b.command("crawler", "-wait", "1s")
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
		_ = cmd.Wait()
		late.Stop()
		if text := log.String(); strings.Contains(text, hidden) || !strings.Contains(text, "REDACTED") {
			t.Errorf("%s: exit code %d\n%s", servers, cmd.ProcessState.ExitCode(), text)
		}
	}
}
