package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/finbrain/ai"
)

// Causes of a failure below HTTP, beside those of the standard library. All
// are safe to print.
var (
	// ErrTooLarge: the response body is over Config.MaxResponseBytes.
	ErrTooLarge = errors.New("response body over the limit")
	// ErrCutShort: the connection ended before the response body did.
	ErrCutShort = fmt.Errorf("response body cut short: %w", io.ErrUnexpectedEOF)
	// ErrEncoding: the response body is not compressed as it says.
	ErrEncoding = errors.New("response body not readable as gzip")
	// ErrRedirect: a redirect that is not followed.
	ErrRedirect = errors.New("redirect refused")
	// ErrName: the host name could not be resolved.
	ErrName = errors.New("host name not resolved")
	// ErrTLS: the TLS handshake failed.
	ErrTLS = errors.New("TLS handshake failed")
)

// originTimeout is what Cloudflare answers when the service behind it was
// reached and did not answer in time.
const originTimeout = 524

// CodeOfStatus returns what an HTTP status means when nothing but the status
// is known, and the empty Code for 2xx. A reason in the body beats it: a 429
// may be an exhausted quota, a 400 a wrong key.
func CodeOfStatus(status int) ai.Code {
	switch status {
	case http.StatusUnauthorized:
		return ai.CodeAuthentication
	case http.StatusPaymentRequired:
		return ai.CodeQuotaExhausted
	case http.StatusForbidden, http.StatusNotFound:
		return ai.CodeNotAvailable
	case http.StatusRequestTimeout, http.StatusGatewayTimeout, originTimeout:
		return ai.CodeTimeout
	case http.StatusConflict:
		return ai.CodeUnavailable
	case http.StatusRequestEntityTooLarge:
		return ai.CodeTooLarge
	case http.StatusTooManyRequests:
		return ai.CodeRateLimited
	}
	switch status / 100 {
	case 2:
		return ""
	case 4:
		return ai.CodeInvalidRequest
	case 5:
		return ai.CodeUnavailable
	default: // a redirect that was not followed, or no status at all
		return ai.CodeBadResponse
	}
}

// NetworkError turns the failure of sending a request or of reading its
// response into a Code and a cause that is safe to show: never err itself,
// because a *url.Error prints addresses and the errors of client libraries
// print bodies. The cause is nil when nothing safe is known.
//
// The context is asked first. Cancelled, it is CodeCanceled and
// context.Canceled, whatever cause it was cancelled with; past its deadline,
// CodeTimeout and context.DeadlineExceeded. A time limit of the HTTP client
// itself is CodeTimeout and os.ErrDeadlineExceeded.
func NetworkError(ctx context.Context, err error) (ai.Code, error) {
	switch ctx.Err() {
	case nil:
	case context.DeadlineExceeded:
		return ai.CodeTimeout, context.DeadlineExceeded
	default:
		return ai.CodeCanceled, context.Canceled
	}
	if errors.Is(err, ErrKey) {
		return ai.CodeAuthentication, ErrKey
	}
	for _, bad := range [...]error{ErrTooLarge, ErrCutShort, ErrEncoding, ErrNotEvents, ErrRedirect} {
		if errors.Is(err, bad) {
			return ai.CodeBadResponse, bad
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return ai.CodeUnavailable, ErrName
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return ai.CodeUnavailable, errno
	}
	if timedOut(err) {
		return ai.CodeTimeout, os.ErrDeadlineExceeded
	}
	if failedTLS(err) {
		return ai.CodeUnavailable, ErrTLS
	}
	for _, end := range [...]error{io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, end) {
			return ai.CodeUnavailable, end
		}
	}
	return ai.CodeUnavailable, nil
}

func timedOut(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

func failedTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err) // how crypto/tls reports an alert
	return ok && (op.Op == "remote error" || op.Op == "local error")
}
