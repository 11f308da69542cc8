package webhook

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestValidateNamesEveryFault(t *testing.T) {
	cfg := Config{
		URL: "http://ann:p4ss@receiver.test/", Format: "xml", Compression: "br", Secrets: []string{"whsec_abc"},
		Headers: map[string]string{"Authorization": "Bearer abc", "webhook-id": "x", "a b": "c"},
		Timeout: -1, Attempts: -1, Parallel: -1, MinBackoff: time.Minute, MaxBackoff: time.Second, MaxRetryAfter: -1,
		MinTLS: "1.1", Proxy: "ftp://x", ProxyAuth: "ann:p4ss",
	}
	err := cfg.Defaults().Validate()
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		"url: ", "format: ", "compression: ", "secrets[0]: ", "headers: Authorization must be", "headers: Webhook-Id is set by the sink",
		`headers: "a b"`, "timeout: ", "attempts: ", "parallel: ", "max_backoff: ", "max_retry_after: ", "min_tls: ", "proxy: ", "proxy_auth: must",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in:\n%v", want, err)
		}
	}
	for _, secret := range []string{"p4ss", "whsec_abc", "Bearer abc"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the faults show %q:\n%v", secret, err)
		}
	}
}

func TestURLs(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://receiver.test/hook?desk=1": true, "http://127.0.0.1:8080/": true, "http://[::1]/": true,
		"http://receiver.test/": false, "http://10.0.0.1/": false, "https://ann@receiver.test/": false, "https:///hook": false,
		"ftp://receiver.test/": false, "https://receiver.test/#part": false, "https://receiver.test:port/": false, "": false,
	} {
		if err := (Config{URL: url}).Defaults().Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
	if err := (Config{URL: "http://receiver.test/", Insecure: true}).Defaults().Validate(); err != nil {
		t.Error(err)
	}
}

func TestNewReadsItsSecrets(t *testing.T) {
	for _, text := range []string{
		"", "plain", "whsec_!", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23)), "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)),
	} {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Config{URL: "https://receiver.test/", Secrets: []string{"file:" + path}})
		if err == nil || !strings.Contains(err.Error(), "secrets[0]") || (text != "" && strings.Contains(err.Error(), text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, cfg := range []Config{
		{Secrets: []string{"env:PRESSMILL_TEST_NONE"}},
		{Headers: map[string]string{"Authorization": "env:PRESSMILL_TEST_NONE"}},
		{CAFile: "/nowhere.pem"},
		{CAFile: "config_test.go"},
		{Proxy: "http://127.0.0.1:1", ProxyAuth: "env:PRESSMILL_TEST_NONE"},
	} {
		cfg.URL = "https://receiver.test/"
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}
