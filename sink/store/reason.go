package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"google.golang.org/api/googleapi"
)

// errNoBucket says that objects cannot be listed because of where they would be.
var errNoBucket = errors.New("the server knows no such bucket or container")

// RequestError is an answer of a provider that is no success.
type RequestError struct {
	Status  int    // of HTTP
	Code    string // the provider's, or ""
	Message string // the provider's, or ""
	err     error
}

func (e *RequestError) Error() string {
	text := fmt.Sprintf("the server answered %d", e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

func (e *RequestError) Unwrap() error { return e.err }

// answerOf returns what a provider answered, or nil.
func answerOf(err error) *RequestError {
	if e, ok := errors.AsType[*RequestError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return &RequestError{Status: e.StatusCode, Code: e.ErrorCode, err: err}
	}
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		message, _, _ := strings.Cut(e.Message, "\n")
		return &RequestError{Status: e.Code, Message: message, err: err}
	}
	e, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || e.HTTPStatusCode() == 0 { // there was no response
		return nil
	}
	answer := &RequestError{Status: e.HTTPStatusCode(), err: err}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		answer.Code, answer.Message = api.ErrorCode(), api.ErrorMessage()
	}
	return answer
}

func statusOf(err error) int {
	if a := answerOf(err); a != nil {
		return a.Status
	}
	return 0
}

// reason makes ErrNotFound of what says so of an object, and otherwise says
// what the provider answered, or why the operation was given up. A refusal
// is never ErrNotFound.
func (s *bucketStore) reason(ctx context.Context, err error) error {
	answer := answerOf(err)
	switch {
	case errors.Is(err, ErrExists):
		return err
	case answer == nil && gcerrors.Code(err) == gcerrors.NotFound,
		answer != nil && answer.Status == http.StatusNotFound && answer.Code != "NoSuchBucket" && answer.Code != "ContainerNotFound":
		return ErrNotFound
	case answer != nil:
		return answer
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", context.Cause(ctx), ctx.Err())
	}
	return err
}

// checkKey is the object that every start tries to create: writing has to be
// allowed, and an object that is there has to be left as it is.
const checkKey = ".create-only"

const checkText = "Whoever writes here tries to create this object first. It may be deleted.\n"

// ensure checks the bucket once, if that is wanted.
func (s *bucketStore) ensure(ctx context.Context) error {
	s.checkMu.Lock()
	defer s.checkMu.Unlock()
	if !s.checking || s.checked {
		return nil
	}
	err := s.check(ctx)
	s.checked = err == nil
	return err
}

// isAway says whether an error may pass by itself: the server cannot be reached
// or is in trouble.
func isAway(err error) bool {
	if a := answerOf(err); a != nil {
		return a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, context.DeadlineExceeded)
}

// check makes sure that the bucket is there and fit to be written to.
func (s *bucketStore) check(ctx context.Context) error {
	if s.credentials != nil {
		within, cancel := s.within(ctx, 0)
		defer cancel()
		if err := s.credentials(within); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	if _, _, err := s.readPage(ctx, "", blob.FirstPageToken); err != nil {
		return s.advise("list objects", err)
	}
	err := s.create(ctx, checkKey, []byte(checkText))
	if err == nil {
		err = s.create(ctx, checkKey, []byte(checkText))
	}
	switch {
	case err == nil:
		return fmt.Errorf("%s: the server lets an object be created twice: it does not know If-None-Match or its like, without which several writers double articles; use another one or a newer version", s)
	case !errors.Is(err, ErrExists):
		return s.advise("create objects", err)
	}
	return nil
}

// advise says what to do about an error of the first requests.
func (s *bucketStore) advise(action string, err error) error {
	return fmt.Errorf("%s: cannot %s: %w (%s)", s, action, err, s.advice(action, err))
}

func (s *bucketStore) advice(action string, err error) string {
	answer := answerOf(err)
	switch {
	case errors.Is(err, errNoBucket), answer != nil && answer.Status == http.StatusNotFound:
		return fmt.Sprintf("there is no bucket or container %q at this endpoint: create it, or correct the URL", s.name)
	case answer == nil:
		if _, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
			return azureCredentials
		}
		if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) {
			return "the server cannot be reached: check endpoint, proxy and network"
		}
		return "check the URL and the credentials"
	}
	if region := regionOf(err); region != "" && region != s.query.Get("region") {
		return fmt.Sprintf("the bucket is in the region %s: set region=%s in the URL", region, region)
	}
	switch {
	case wrongRegion(answer):
		return "the bucket is in another region: set region= in the URL"
	case answer.Code == "RequestTimeTooSkewed":
		return "the clock of this machine is wrong"
	case answer.Status == http.StatusUnauthorized || refusedCredentials(answer.Code):
		return "the credentials are wrong or have expired"
	case answer.Status == http.StatusForbidden:
		return "the credentials do not allow to " + action + ": a sink has to list, read, create and delete objects"
	}
	return "the server does not take the request; is it one that speaks " + s.scheme + "?"
}

func wrongRegion(a *RequestError) bool {
	switch a.Code {
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return true
	}
	return a.Status == http.StatusMovedPermanently || a.Status == http.StatusTemporaryRedirect
}

func refusedCredentials(code string) bool {
	switch code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthenticationFailed":
		return true
	}
	return false
}

// regionOf returns where S3 says that a bucket is.
func regionOf(err error) string {
	if e, ok := errors.AsType[*awshttp.ResponseError](err); ok && e.HTTPResponse() != nil {
		return e.HTTPResponse().Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}
