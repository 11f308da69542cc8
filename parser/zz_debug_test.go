package parser

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestDebug(t *testing.T) {
	labels, _ := loadCorpus(os.Getenv("DBGDIR"))
	for i := range labels {
		if !strings.Contains(labels[i].ID, os.Getenv("DBG")) {
			continue
		}
		p, _ := labels[i].page()
		src, _ := decode(p)
		tr := parseTree(src)
		tr.score()
		for j := range tr.nodes {
			n := &tr.nodes[j]
			if n.tag == tagNone && strings.Contains(string(tr.bytes(int32(j))), os.Getenv("NEEDLE")) {
				for k := n.parent; k >= 0; k = tr.nodes[k].parent {
					m := &tr.nodes[k]
					fmt.Printf("%s{%s} own %.0f link %.0f good %.0f junk %.0f full %.0f fl %b dropped=%v\n", tagEntries[m.tag].name, tr.attr(k, "class")+"#"+tr.attr(k, "id"), m.own, m.link, m.good, m.junk, m.full, m.flags, m.flags&dropped != 0)
				}
				fmt.Println("--")
			}
		}
		fmt.Println("container", tr.container())
		break
	}
}
