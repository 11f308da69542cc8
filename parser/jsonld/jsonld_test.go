package jsonld

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// read returns what a script holds, as encoding/json would.
func read(src string) []any {
	var d Document
	d.Reset([]byte(src))
	return plain(d.Read(0, len(src))).([]any)
}

func plain(v Value) any {
	switch v.Kind() {
	case Absent, Null:
		return nil
	case Bool:
		return v.String() == "true"
	case Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil {
			return err.Error()
		}
		return f
	case String:
		return v.String()
	case Array:
		out := []any{}
		for item := range v.List() {
			out = append(out, plain(item))
		}
		return out
	case Object:
		out := map[string]any{}
		for m := range v.children() {
			n := &v.d.nodes[m.i]
			out[string(appendDecoded(nil, v.d.src[n.keyFrom:n.keyTo]))] = plain(m)
		}
		return out
	}
	return nil
}

type object = map[string]any

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		want []any
	}{
		"plain":              {`{"a":"b","n":[1,-2.5e3,true,false,null]}`, []any{object{"a": "b", "n": []any{1.0, -2500.0, true, false, nil}}}},
		"escapes":            {`["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83dx"]`, []any{[]any{"\"\\/\b\f\n\r\té😀\uFFFDx"}}},
		"unknown escapes":    {`["it\'s \x"]`, []any{[]any{"it's x"}}},
		"trailing commas":    {`{"a":["b",],}`, []any{object{"a": []any{"b"}}}},
		"doubled commas":     {`{"a":"b",,"c":"d"}`, []any{object{"a": "b", "c": "d"}}},
		"missing comma":      {"{\"a\":\"b\"\n\"c\":{\"d\":1}\"e\":2}", []any{object{"a": "b", "c": object{"d": 1.0}, "e": 2.0}}},
		"missing value":      {`{"a":,"b":1}`, []any{object{"b": 1.0}}},
		"line break":         {"{\"a\":\"one\n\ttwo\"}", []any{object{"a": "one\n\ttwo"}}},
		"several":            {`{"a":1}{"b":2};` + "\n" + `[3]`, []any{object{"a": 1.0}, object{"b": 2.0}, []any{3.0}}},
		"html comment":       {`<!-- {"a":"b"} -->`, []any{object{"a": "b"}}},
		"cdata":              {"//<![CDATA[\n{\"a\":\"b\"}\n//]]>", []any{object{"a": "b"}}},
		"cdata on one line":  {`/*<![CDATA[*/{"a":"b"}/*]]>*/`, []any{object{"a": "b"}}},
		"comments":           {"/* { */ {\"a\": // why\n \"b\" /* \" */}", []any{object{"a": "b"}}},
		"references":         {`{&quot;a&quot;:&quot;b \&quot;c\&quot; & &amp;quot;d&quot;,&quot;e&quot;:[1]}`, []any{object{"a": `b &quot;c&quot; & &amp;quot;d`, "e": []any{1.0}}}},
		"numeric references": {`{&#34;a&#34;:&#34;b&#34;}`, []any{object{"a": "b"}}},
		"bare keys":          {`{a:"b",'c':'d'}`, []any{object{"a": "b", "c": "d"}}},
		"unescaped quotes":   {`{"a":"he said "no", and left","b":["the "old" bridge","x"],"c":"d"}`, []any{object{"a": `he said "no", and left`, "b": []any{`the "old" bridge`, "x"}, "c": "d"}}},
		"truncated string":   {`{"a":"b","c":{"d":["e","f`, []any{object{"a": "b", "c": object{"d": []any{"e", "f"}}}}},
		"truncated key":      {`{"a":"b","c`, []any{object{"a": "b"}}},
		"wrong brackets":     {`{"a":["b"},{"c":"d"]}`, []any{object{"a": []any{"b"}}, object{"c": "d"}}},
		"stray brackets":     {`]}{"a":"b"}}`, []any{object{"a": "b"}}},
		"duplicate keys":     {`{"a":1,"a":2}`, []any{object{"a": 2.0}}},
		"script":             {`var x = {"a": "b"}; f(x);`, []any{object{"a": "b"}}},
		"nothing":            {` `, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, read(c.src)); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.src, d)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	const n = 100_000
	src := strings.Repeat(`{"a":[`, n) + strings.Repeat("]}", n) + `{"b":1}`
	got := read(src)
	if len(got) != 2 || got[1].(object)["b"] != 1.0 {
		t.Errorf("%d values behind a deep one", len(got))
	}
	depth := 0
	for v := got[0]; v != nil; depth++ {
		switch x := v.(type) {
		case object:
			v = x["a"]
		case []any:
			if v = nil; len(x) > 0 {
				v = x[0]
			}
		}
	}
	if depth >= maxDepth+1 || depth < maxDepth-2 {
		t.Errorf("depth %d", depth)
	}
}

// TestReset wants a document used again to hold nothing of the page before, and
// strings taken from it to stay what they were.
func TestReset(t *testing.T) {
	var d Document
	first := []byte(`{"a":"kept","b":"es\u0063aped","c":[1,2,3]}`)
	d.Reset(first)
	v := d.Read(0, len(first))
	for o := range v.List() {
		v = o
	}
	kept := []string{v.Get("a").String(), v.Get("b").String()}
	for i := range first {
		first[i] = 'X'
	}
	second := []byte(`{"z":"other"}`)
	d.Reset(second)
	got := plain(d.Read(0, len(second)))
	if d := cmp.Diff([]any{object{"z": "other"}}, got); d != "" {
		t.Errorf("second page (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"kept", "escaped"}, kept); d != "" {
		t.Errorf("strings of the first (-want +got):\n%s", d)
	}
}

func TestReadAllocates(t *testing.T) {
	src := []byte(`{"items":[` + strings.Repeat(`{"@type":"Thing","name":"a name \"quoted\"","n":[1,2,3]},`, 1000) + `]}`)
	var d Document
	n := testing.AllocsPerRun(5, func() {
		d.Reset(src)
		d.Read(0, len(src))
	})
	if n > 0 {
		t.Errorf("%v allocations in a document used again", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"a":["b",{"c":"d\n\u00e9"},1.5,true,null],"e":{}}`)
	f.Add(`<!-- {"@graph":[{"name":"a "b" c",}],} -->`)
	f.Add(`{&quot;a&quot;:&quot;b&quot;}`)
	f.Fuzz(func(t *testing.T, src string) {
		got := read(src)
		var want any
		if !utf8.ValidString(src) || strings.Count(src, "[")+strings.Count(src, "{") > maxDepth-2 || json.Unmarshal([]byte(src), &want) != nil {
			return
		}
		if d := cmp.Diff(fmt.Sprint([]any{want}), fmt.Sprint(got)); d != "" {
			t.Errorf("%q (-want +got):\n%s", src, d)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for name, part := range map[string]string{
		"text":    `{"@type":"NewsArticle","articleBody":"` + strings.Repeat("The council met on Tuesday evening. ", 200) + `"},`,
		"small":   `{"a":[1,2,{"b":"c"}]},`,
		"escapes": `"` + strings.Repeat(`\u00e9\"`, 100) + `",`,
		"quotes":  `"a "b", c"` + " ",
	} {
		src := []byte("[" + strings.Repeat(part, 1<<20/len(part)) + "]")
		b.Run(name, func(b *testing.B) {
			var d Document
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(src)
				d.Read(0, len(src))
			}
		})
	}
}
