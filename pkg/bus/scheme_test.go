package bus

import "testing"

func TestURLsHaveASchemeWhenTheyAreShown(t *testing.T) {
	cfg := Defaults()
	cfg.URL = "user:hunter2@a.example:4222, tls://b.example,c.example"
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if want := "nats://user:hunter2@a.example:4222, tls://b.example,nats://c.example"; cfg.URL != want {
		t.Errorf("%q, want %q", cfg.URL, want)
	}
}
