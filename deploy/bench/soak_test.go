package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSoakIsDrawn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "samples.csv")
	head := "seconds,of,what,value\n"
	if err := os.WriteFile(path, []byte(head+"0,nats-1,rss,1000000\n60,nats-1,rss,2000000\n0,nats-2,rss,3000000\n60,nats-2,rss,6000000\n0,PAGES,messages,5\n60,PAGES,messages,6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := drawSoak(path, dir); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "soak.svg"))
	if err != nil || !strings.Contains(string(svg), ">nats<") || !strings.Contains(string(svg), ">PAGES<") {
		t.Errorf("%v; %d bytes without the curves' names", err, len(svg))
	}
	all, err := readSamples(strings.NewReader(head + "0,nats-1,rss,1\n60,nats-1,rss,2\n0,nats-2,rss,3\n60,nats-2,rss,6\n"))
	if curve := all.curve("rss", "nats", 2); err != nil || len(curve) != 2 || curve[1].X != 1 || curve[1].Y != 8 {
		t.Errorf("%v, %v", curve, err)
	}
	for _, wrong := range []string{"0,nats-1,rss\n", "0,nats-1,rss,many\n"} {
		if _, err := readSamples(strings.NewReader(head + wrong)); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}
