package store

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2"
	"google.golang.org/api/option"
)

// openGCS opens a bucket of Google Cloud Storage with the application default
// credentials. With STORAGE_EMULATOR_HOST, or anonymous=true, it has none.
func openGCS(ctx context.Context, s *bucketStore) error {
	client, closeIdle := httpClient(s.timeout)
	if !s.on("anonymous") && os.Getenv("STORAGE_EMULATOR_HOST") == "" {
		credentials, err := gcp.DefaultCredentials(ctx)
		if err != nil {
			return fmt.Errorf("no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS, run `gcloud auth application-default login`, or give the worker a service account: %w", err)
		}
		client = &http.Client{Transport: &oauth2.Transport{Base: client.Transport, Source: credentials.TokenSource}}
	}
	opts := []option.ClientOption{option.WithHTTPClient(client), storage.WithJSONReads()}
	if endpoint := s.query.Get("endpoint"); endpoint != "" {
		opts = append(opts, option.WithEndpoint(strings.TrimSuffix(endpoint, "/")+"/storage/v1/"))
	}
	google, err := storage.NewClient(ctx, opts...)
	if err != nil {
		return err
	}
	google.SetRetry(storage.WithMaxAttempts(tries), storage.WithBackoff(gax.Backoff{Initial: 100 * time.Millisecond, Max: time.Second}))
	s.close = func() error {
		_ = closeIdle()
		return google.Close()
	}
	s.put = func(ctx context.Context, key, mediaType string, data []byte) error {
		return s.bucket.Upload(ctx, key, bytes.NewReader(data), &blob.WriterOptions{
			ContentType: mediaType, IfNotExist: true, BufferSize: len(data) + 1, // of one request
		})
	}
	s.bucket, err = gcsblob.OpenBucket(ctx, nil, s.name, &gcsblob.Options{Client: google})
	return err
}
