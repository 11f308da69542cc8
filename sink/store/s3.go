package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob/s3blob"
)

// openS3 opens a bucket of S3 or of a server that speaks its language.
// Credentials and region come from where the AWS SDK looks for them.
func openS3(ctx context.Context, s *bucketStore) error {
	cfg, err := s.awsConfig(ctx)
	if err != nil {
		return fmt.Errorf("read AWS configuration: %w", err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = s.on("use_path_style")
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	s.put = func(ctx context.Context, key, mediaType string, data []byte) error {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &s.name, Key: new(path.Join(s.path, key)), Body: bytes.NewReader(data),
			ContentType: &mediaType, IfNoneMatch: new("*"),
		})
		return err
	}
	s.credentials = func(ctx context.Context) error {
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil && !s.on("anonymous") {
			return fmt.Errorf("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile (profile=), or give the worker a role: %w", err)
		}
		return nil
	}
	s.bucket, err = s3blob.OpenBucket(ctx, client, s.name, nil)
	return err
}

func (s *bucketStore) awsConfig(ctx context.Context) (aws.Config, error) {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { bound(t, s.timeout) })
	opts := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = tries, time.Second, ratelimit.None
			})
		}),
	}
	for key, set := range map[string]func(string) config.LoadOptionsFunc{
		"region": config.WithRegion, "profile": config.WithSharedConfigProfile, "endpoint": config.WithBaseEndpoint,
	} {
		if v := s.query.Get(key); v != "" {
			opts = append(opts, set(v))
		}
	}
	if s.on("anonymous") {
		opts = append(opts, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	if s.query.Get("request_checksum_calculation") == "when_required" {
		opts = append(opts, config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return cfg, err
	}
	if cfg.Region == "" && cfg.BaseEndpoint != nil {
		cfg.Region = "us-east-1" // what other servers than Amazon's expect
	}
	if cfg.Region == "" {
		return cfg, errors.New("no region: set region= in the URL, AWS_REGION, or one in the profile")
	}
	return cfg, nil
}
