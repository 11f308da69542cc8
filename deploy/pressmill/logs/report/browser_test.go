package report_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// frames shows a page in frames of several widths and writes what became of
// it: whether it is wider than its frame, and whether its script has run.
const frames = `<!DOCTYPE html><title>frames</title><body><script>
const told = [];
for (const width of [360, 390, 768, 1280, 1920]) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 900; frame.src = "/page";
  frame.onload = () => {
    const page = frame.contentDocument, root = page.documentElement;
    const ran = page.querySelectorAll("svg title").length === 0 && page.querySelectorAll("th button").length > 0;
    const line = document.createElement("p");
    line.textContent = width + " " + (root.scrollWidth <= root.clientWidth ? "fits" : "is " + root.scrollWidth + " wide") + " " + (ran ? "ran" : "did not run");
    document.body.append(line);
  };
  document.body.append(frame);
}
</script>`

// TestInBrowser opens pages in the browser that PRESSMILL_CHROMIUM names, on
// 127.0.0.1: none scrolls sideways, their script runs, and they ask for
// nothing else.
func TestInBrowser(t *testing.T) {
	browser := os.Getenv("PRESSMILL_CHROMIUM")
	if browser == "" {
		t.Skip("PRESSMILL_CHROMIUM names no browser")
	}
	for name, lines := range map[string]string{"a bad day": bad(t), "hostile lines": hostile(t)} {
		t.Run(name, func(t *testing.T) {
			written := page(t, collect(t, lines, nil))
			mux := http.NewServeMux()
			mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, written) })
			mux.HandleFunc("/frames", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, frames) })
			mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/favicon.ico" {
					t.Errorf("the page asked for %s", r.URL)
				}
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--dump-dom", server.URL+"/frames")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			told := regexp.MustCompile(`<p>(.*?)</p>`).FindAllStringSubmatch(string(out), -1)
			if len(told) != 5 {
				t.Errorf("%d frames told something", len(told))
			}
			for _, line := range told {
				if !strings.HasSuffix(line[1], " fits ran") {
					t.Error(line[1])
				}
			}
		})
	}
}
