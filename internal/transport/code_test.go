package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

func TestEveryStatusHasItsCode(t *testing.T) {
	want := map[int]ai.Code{
		0: ai.CodeBadResponse, 100: ai.CodeBadResponse, 200: "", 204: "", 301: ai.CodeBadResponse, 304: ai.CodeBadResponse,
		400: ai.CodeInvalidRequest, 401: ai.CodeAuthentication, 402: ai.CodeQuotaExhausted, 403: ai.CodeNotAvailable,
		404: ai.CodeNotAvailable, 405: ai.CodeInvalidRequest, 408: ai.CodeTimeout, 409: ai.CodeUnavailable,
		413: ai.CodeTooLarge, 415: ai.CodeInvalidRequest, 418: ai.CodeInvalidRequest, 422: ai.CodeInvalidRequest,
		429: ai.CodeRateLimited, 500: ai.CodeUnavailable, 501: ai.CodeUnavailable, 502: ai.CodeUnavailable,
		503: ai.CodeUnavailable, 504: ai.CodeTimeout, 529: ai.CodeUnavailable, 600: ai.CodeBadResponse,
	}
	for status, code := range want {
		if got := transport.CodeOfStatus(status); got != code {
			t.Errorf("%d: %q, want %q", status, got, code)
		}
	}
}

func TestANetworkFailureHasACodeAndASafeCause(t *testing.T) {
	hide := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://api.example.com/?key=secret", Err: fmt.Errorf("with a secret: %w", err)}
	}
	for name, c := range map[string]struct {
		err   error
		code  ai.Code
		cause error
	}{
		"refused":        {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, ai.CodeUnavailable, syscall.ECONNREFUSED},
		"reset":          {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, ai.CodeUnavailable, syscall.ECONNRESET},
		"unreachable":    {syscall.ETIMEDOUT, ai.CodeUnavailable, syscall.ETIMEDOUT},
		"name":           {&net.DNSError{Err: "no such host", Name: "secret"}, ai.CodeUnavailable, transport.ErrName},
		"slow name":      {&net.DNSError{Err: "timeout", Name: "secret", IsTimeout: true}, ai.CodeUnavailable, transport.ErrName},
		"certificate":    {&tls.CertificateVerificationError{Err: errors.New("secret")}, ai.CodeUnavailable, transport.ErrTLS},
		"no TLS":         {tls.RecordHeaderError{Msg: "secret"}, ai.CodeUnavailable, transport.ErrTLS},
		"plain HTTP":     {http.ErrSchemeMismatch, ai.CodeUnavailable, transport.ErrTLS},
		"TLS alert":      {&net.OpError{Op: "remote error", Err: errors.New("secret")}, ai.CodeUnavailable, transport.ErrTLS},
		"closed":         {io.EOF, ai.CodeUnavailable, io.EOF},
		"closed midway":  {io.ErrUnexpectedEOF, ai.CodeUnavailable, io.ErrUnexpectedEOF},
		"cut short":      {transport.ErrCutShort, ai.CodeBadResponse, transport.ErrCutShort},
		"too large":      {transport.ErrTooLarge, ai.CodeBadResponse, transport.ErrTooLarge},
		"redirect":       {transport.ErrRedirect, ai.CodeBadResponse, transport.ErrRedirect},
		"client's limit": {context.DeadlineExceeded, ai.CodeTimeout, os.ErrDeadlineExceeded},
		"connection's":   {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, ai.CodeTimeout, os.ErrDeadlineExceeded},
		"somebody's end": {context.Canceled, ai.CodeUnavailable, nil},
		"unknown":        {errors.New("secret"), ai.CodeUnavailable, nil},
	} {
		code, cause := transport.NetworkError(t.Context(), hide(c.err))
		if code != c.code || cause != c.cause {
			t.Errorf("%s: %q, %v, want %q, %v", name, code, cause, c.code, c.cause)
		}
	}
}

func TestTheContextIsAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		canceled, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("the user left"))
		late, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		<-late.Done()
		for _, err := range []error{nil, io.EOF, errors.New("the user left"), context.DeadlineExceeded, syscall.ECONNRESET, transport.ErrTooLarge} {
			if code, cause := transport.NetworkError(canceled, err); code != ai.CodeCanceled || cause != context.Canceled {
				t.Errorf("cancelled, %v: %q, %v", err, code, cause)
			}
			if code, cause := transport.NetworkError(late, err); code != ai.CodeTimeout || cause != context.DeadlineExceeded {
				t.Errorf("late, %v: %q, %v", err, code, cause)
			}
		}
	})
}

// What net/http really returns, over loopback.
func TestRealFailuresAreRecognised(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer plain.Close()
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct {
		address string
		cause   error
	}{
		"refused":           {closed.URL, syscall.ECONNREFUSED},
		"closed":            {plain.URL, io.EOF},
		"unknown authority": {secure.URL, transport.ErrTLS},
		"TLS to plain HTTP": {"https" + plain.URL[len("http"):], transport.ErrTLS},
	} {
		client := transport.New(transport.Config{})
		_, _, err := exchange(t, client, c.address)
		client.CloseIdleConnections()
		if code, cause := transport.NetworkError(t.Context(), err); code != ai.CodeUnavailable || !errors.Is(cause, c.cause) {
			t.Errorf("%s: %q, %v from %v", name, code, cause, err)
		}
	}
}

func ExampleNetworkError() {
	err := &url.Error{Op: "Post", URL: "https://api.example.com/?key=secret", Err: syscall.ECONNREFUSED}
	code, cause := transport.NetworkError(context.Background(), err)
	fmt.Println(string(code))
	fmt.Println(cause)
	// Output:
	// unavailable
	// connection refused
}
