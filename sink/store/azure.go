package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
)

const azureCredentials = "no Azure credentials: set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING, sign in with `az login`, or give the worker a managed identity" //nolint:gosec // it names what is missing

// openAzure opens a container of Azure Blob Storage.
func openAzure(ctx context.Context, s *bucketStore) error {
	client, closeIdle := httpClient(s.timeout)
	s.close = closeIdle
	c, err := s.azureContainer(azcore.ClientOptions{
		Transport: client,
		Retry:     policy.RetryOptions{MaxRetries: tries - 1, RetryDelay: 100 * time.Millisecond, MaxRetryDelay: time.Second},
	})
	if err != nil {
		return err
	}
	s.put = func(ctx context.Context, key, mediaType string, data []byte) error {
		// A blob that exists ends Upload with an error, and a writer with a panic.
		return s.bucket.Upload(ctx, key, bytes.NewReader(data), &blob.WriterOptions{
			ContentType: mediaType, IfNotExist: true, BufferSize: len(data) + 1, MaxConcurrency: 1, // of one request
		})
	}
	s.bucket, err = azureblob.OpenBucket(ctx, c, nil)
	return err
}

// azureContainer takes credentials from the first of: a connection string, an
// account's key, a token of a shared access signature, and where the Azure SDK
// looks for an identity.
func (s *bucketStore) azureContainer(common azcore.ClientOptions) (*container.Client, error) {
	opts := &container.ClientOptions{ClientOptions: common}
	if connection := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); connection != "" && !s.query.Has("endpoint") {
		return container.NewClientFromConnectionString(connection, s.name, opts)
	}
	account := cmp.Or(s.query.Get("storage_account"), os.Getenv("AZURE_STORAGE_ACCOUNT"))
	endpoint := s.query.Get("endpoint")
	if account == "" && endpoint == "" {
		return nil, errors.New("no storage account: set storage_account= in the URL, AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING")
	}
	where, err := url.JoinPath(cmp.Or(endpoint, "https://"+account+".blob.core.windows.net"), s.name)
	if err != nil {
		return nil, err
	}
	if key := os.Getenv("AZURE_STORAGE_KEY"); key != "" && account != "" {
		shared, err := container.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, fmt.Errorf("read AZURE_STORAGE_KEY: %w", err)
		}
		return container.NewClientWithSharedKeyCredential(where, shared, opts)
	}
	if token := os.Getenv("AZURE_STORAGE_SAS_TOKEN"); token != "" {
		return container.NewClientWithNoCredential(where+"?"+strings.TrimPrefix(token, "?"), opts)
	}
	identity, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: common})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", azureCredentials, err)
	}
	return container.NewClient(where, identity, opts)
}
