package storetest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func (s *Server) makeBucket(t testing.TB, name string) {
	t.Helper()
	var err error
	switch s.Scheme {
	case "s3":
		_, err = s.s3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	case "gs":
		var resp *http.Response
		resp, err = http.Post("http://"+s.Addr+"/storage/v1/b?project=pressmill", "application/json", strings.NewReader(`{"name":"`+name+`"}`))
		if err == nil {
			resp.Body.Close()
		}
	default:
		_, err = s.azure(t, name).Create(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *Server) s3() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + s.Addr), UsePathStyle: true, Region: region,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	})
}

func (s *Server) azure(t testing.TB, name string) *container.Client {
	t.Helper()
	key, err := container.NewSharedKeyCredential(account, accountKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := container.NewClientWithSharedKeyCredential("http://"+s.Addr+"/"+account+"/"+name, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Unfinished returns the uploads in parts that were begun in any bucket and
// neither completed nor aborted. Only S3 keeps and lists such.
func (s *Server) Unfinished(t testing.TB) (keys []string) {
	t.Helper()
	if s.Scheme != "s3" {
		return nil
	}
	buckets, err := s.s3().ListBuckets(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		found, err := s.s3().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: b.Name})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range found.Uploads {
			keys = append(keys, aws.ToString(u.Key))
		}
	}
	return keys
}
