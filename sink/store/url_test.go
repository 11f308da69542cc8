package store

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	// Nothing may ask for a machine's metadata, whatever a test opens.
	for key, value := range map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "NO_GCE_CHECK": "true"} {
		if err := os.Setenv(key, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestValidURL(t *testing.T) {
	for _, url := range []string{
		"file:///a/b", "mem://name", "s3://bucket", "s3://bucket/", "s3://bucket/a/b?region=eu-central-1&profile=p",
		"s3://b?endpoint=http://127.0.0.1:9000&use_path_style=true", "gs://bucket/a?timeout=5s", "azblob://container/a?storage_account=x",
	} {
		if err := ValidURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for url, want := range map[string]string{
		"ftp://a/b":                            "azblob://container/prefix",
		"out":                                  "is no URL of a store",
		"file://host/a":                        "not of the form",
		"file:///a?x=1":                        "has no parameters",
		"mem://":                               "not of the form",
		"s3:///prefix":                         "not of the form",
		"s3://bucket:9000/a":                   "not of the form",
		"s3://bucket/a/../b":                   "not of the form",
		"s3://bucket/a%23b":                    "not of the form",
		"s3://key:secret@bucket":               "leave them out",
		"s3://bucket?secret=x":                 "unknown parameter \"secret\", known are anonymous, endpoint",
		"s3://bucket?region=":                  "is to have one value",
		"s3://bucket?region=a&region=b":        "is to have one value",
		"s3://bucket?use_path_style=1":         "neither true nor false",
		"s3://bucket?endpoint=127.0.0.1:9000":  "http://host:port",
		"s3://bucket?endpoint=http://k:s@host": "without credentials",
		"gs://bucket?timeout=5":                "no time such as 30s",
		"s3://bucket/%zz:secret":               "invalid URL escape",
	} {
		err := ValidURL(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), ":secret") {
			t.Errorf("%s: a secret is in the error %v", url, err)
		}
	}
}

// TestServerWithoutConditions: a server that lets everyone write over
// everything would double articles, so no sink begins on it.
func TestServerWithoutConditions(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"))
		}
	}))
	defer srv.Close()
	_, err := Create("s3://bucket?use_path_style=true&anonymous=true&endpoint=" + srv.URL)
	if err == nil || !strings.Contains(err.Error(), "lets an object be created twice") {
		t.Errorf("error %v", err)
	}
}

// TestCreateSaysWhatIsMissing: an error before the first request says what to
// set.
func TestCreateSaysWhatIsMissing(t *testing.T) {
	for _, key := range []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_CONNECTION_STRING", "STORAGE_EMULATOR_HOST",
	} {
		t.Setenv(key, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/none.json")
	for url, want := range map[string]string{
		"s3://bucket":                  "set region= in the URL",
		"s3://bucket?region=eu-west-1": "set AWS_ACCESS_KEY_ID",
		"gs://bucket":                  "set GOOGLE_APPLICATION_CREDENTIALS",
		"azblob://container":           "set storage_account= in the URL",
	} {
		if _, err := Create(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

func TestMediaType(t *testing.T) {
	for key, want := range map[string]string{
		"a/b.jsonl.zst": "application/zstd", "a/b.jsonl": "application/x-ndjson", "a/b.parquet": "application/vnd.apache.parquet",
		"a/b.warc.gz": "application/gzip", "a/b.csv": "text/csv; charset=utf-8", "a/b": "application/octet-stream",
	} {
		if got := mediaType(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
}

// FuzzURL: whatever is taken for the URL of a store names a place of its own,
// and a prefix that does not lead out of it.
func FuzzURL(f *testing.F) {
	for _, url := range []string{"file:///a/b", "mem://name", "s3://bucket/a/b?region=r", "gs://b/../x", "azblob://c/a?storage_account=x", "s3://b/%2e%2e/x"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseURL(raw)
		if err != nil {
			return
		}
		if u.inBucket() && u.path != "" && !fs.ValidPath(u.path) || u.name == "" && u.scheme != "file" {
			t.Errorf("%q is %+v", raw, u)
		}
	})
}
