package ai

import (
	"context"
	"io"
	"strings"
	"time"
)

// MaxFileBytes is the largest file that is sent or received: 512 MiB, what
// OpenAI takes at most. A provider may take less and say too_large.
const MaxFileBytes = 512 << 20

// FileStore is an optional ability of an Analyzer: to keep files for
// fine-tuning jobs and their results. Implementations are safe for concurrent
// use, hold no whole file in memory, make one exchange for each call, never
// retry, escape the IDs they are given, and return *Error. What the caller's
// reader or writer failed with is CodeInvalidRequest with it as the Cause.
type FileStore interface {
	// UploadFile sends the file while reading it, and begins no read after it has
	// returned.
	UploadFile(ctx context.Context, upload *FileUpload) (*File, error)
	// DownloadFile writes the file while receiving it and returns how many bytes
	// were written, also beside an error. A file that came cut short or is longer
	// than MaxFileBytes is an error.
	DownloadFile(ctx context.Context, id string, to io.Writer) (int64, error)
	// DeleteFile removes the file.
	DeleteFile(ctx context.Context, id string) error
}

// FileUpload is a file on its way to a provider.
type FileUpload struct {
	// Name is the file's name as the provider is to know it: "train.jsonl".
	Name string
	// Purpose is the provider's word for what the file is for; empty is
	// "fine-tune".
	Purpose string
	// Content is read once, to its end or to one byte more than Size.
	Content io.Reader
	// Size is the length in bytes, at most MaxFileBytes: Content must have
	// exactly as many. 0 is unknown; then Content may have up to MaxFileBytes.
	Size int64
}

// Validate returns the *Error of the first wrong field, or nil.
func (u *FileUpload) Validate() error {
	switch {
	case u == nil:
		return invalid("FileUpload", "is nil")
	case blank(u.Name):
		return invalid("Name", "is empty")
	case len(u.Name) > 255:
		return invalid("Name", "is longer than 255 bytes")
	case strings.ContainsFunc(u.Name, isControl):
		return invalid("Name", "has a control character")
	case strings.ContainsFunc(u.Purpose, isControl):
		return invalid("Purpose", "has a control character")
	case isNil(u.Content):
		return invalid("Content", "is nil")
	case u.Size < 0:
		return invalid("Size", "is negative")
	case u.Size > MaxFileBytes:
		return &Error{Code: CodeTooLarge, Field: "Size", Detail: "is over the limit of 512 MiB"}
	}
	return nil
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// File is a file kept at a provider.
type File struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Purpose string `json:"purpose,omitempty"`
	Size    int64  `json:"size"` // in bytes
	// ExpiresAt is zero when the file stays.
	CreatedAt time.Time `json:"created_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Provider is the route's name, RequestID the provider's identifier of the
	// exchange.
	Provider  string `json:"provider,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Files is a provider's store of files, guarded by a circuit of its own. It is
// a small value, safe for concurrent use.
type Files struct{ errand errand }

// Files returns the files at a route, or at the first whose provider is a
// FileStore if the name is empty. There is no substitute for a route: every
// call is answered by its provider or fails with a *Error, with CodeUnsupported
// where the provider is no FileStore. How long a transfer may take is the
// policy's Timeout for KindFile, unless the context's deadline is earlier.
func (c *Client) Files(route string) Files { return Files{c.errand(route, KindFile)} }

// Upload sends a file. That is tried once: what has been read of Content is
// gone.
func (f Files) Upload(ctx context.Context, upload *FileUpload) (*File, error) {
	return keep(ctx, f, upload.Validate(), never, func(ctx context.Context, s FileStore) (*File, error) {
		file, err := s.UploadFile(ctx, upload)
		if file != nil {
			file.Provider = f.errand.route.name
		}
		return some(file, err)
	})
}

// Download writes a file to a writer, piece by piece as it comes, and returns
// how many bytes were written, also beside an error. It is tried again only
// while nothing has been written. The circuit hears of the outcome when the
// last byte has come.
func (f Files) Download(ctx context.Context, id string, to io.Writer) (int64, error) {
	request := checkID(id)
	if request == nil && isNil(to) {
		request = invalid("to", "is nil")
	}
	out := &counted{to: to}
	untouched := func(*Error) bool { return out.n == 0 }
	_, err := keep(ctx, f, request, untouched, func(ctx context.Context, s FileStore) (int64, error) {
		return s.DownloadFile(ctx, id, out)
	})
	return out.n, err
}

// counted knows what has been written, also when who wrote it has panicked.
type counted struct {
	to io.Writer
	n  int64
}

func (w *counted) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.n += int64(n)
	return n, err
}

// Delete removes a file. Of a file that is gone the provider says
// CodeNotAvailable, after a lost answer to the first attempt too.
func (f Files) Delete(ctx context.Context, id string) error {
	_, err := keep(ctx, f, checkID(id), always, func(ctx context.Context, s FileStore) (struct{}, error) {
		return struct{}{}, s.DeleteFile(ctx, id)
	})
	return err
}

// keep does one call of a FileStore.
func keep[T any](ctx context.Context, f Files, request error, again repeatable, do func(context.Context, FileStore) (T, error)) (T, error) {
	if err := f.errand.ready(ctx, request); err != nil {
		var none T
		return none, err
	}
	return perform(ctx, f.errand, 0, again, func(ctx context.Context) (T, error) {
		return do(ctx, f.errand.route.provider.(FileStore))
	})
}
