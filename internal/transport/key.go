package transport

import (
	"context"
	"errors"
	"net/http"

	"github.com/finbrain/ai/internal/secret"
)

// ErrKey is the failure of the function that provides the key: it gave an
// error, or none that can be sent.
var ErrKey = errors.New("no key")

// Key is how requests carry a provider's key.
type Key struct {
	// Header is the canonical name of the header, which a request otherwise does
	// not have; empty leaves requests as they are.
	Header string
	// Prefix stands before the key: "Bearer ".
	Prefix string
	// Fixed is the key, Func what is asked for it at every request, redirects
	// included. With neither none is sent.
	Fixed secret.Key
	Func  func(context.Context) (string, error)
}

// put sets or removes the header.
func (k *Key) put(ctx context.Context, header http.Header) error {
	if k.Header == "" {
		return nil
	}
	header.Del(k.Header)
	value := k.Fixed.Reveal()
	if k.Func != nil {
		var err error
		if value, err = k.ask(ctx); err != nil {
			return err
		}
	}
	if value != "" {
		header.Set(k.Header, k.Prefix+value)
	}
	return nil
}

// ask keeps nothing of how the function failed: it may name the key.
func (k *Key) ask(ctx context.Context) (value string, err error) {
	defer func() {
		if recover() != nil {
			value, err = "", ErrKey
		}
	}()
	value, err = k.Func(ctx)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil || value == "" || !Sendable(value):
		return "", ErrKey
	}
	return value, nil
}

// Sendable reports whether a text can be sent as a header value; one with the
// line break of a copied key cannot.
func Sendable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
