package openai_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

const fileBody = `{"id":"file-1","object":"file","bytes":3,"created_at":1728975280,"expires_at":null,"filename":"train.jsonl","purpose":"fine-tune","status":"processed"}`

// uploads is a network that reads a form to its end, whether or not its length
// was announced.
type uploads struct {
	length  int64
	purpose string
	name    string
	content string
	err     error
}

func (u *uploads) RoundTrip(req *http.Request) (*http.Response, error) {
	defer req.Body.Close()
	u.length = req.ContentLength
	var whole bytes.Buffer
	if _, u.err = whole.ReadFrom(req.Body); u.err != nil {
		return nil, u.err
	}
	if u.length >= 0 && u.length != int64(whole.Len()) {
		u.err = errors.New("another length than announced")
		return nil, u.err
	}
	_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	form, err := multipart.NewReader(&whole, params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		return nil, err
	}
	defer func() { _ = form.RemoveAll() }()
	u.purpose, u.name = form.Value["purpose"][0], form.File["file"][0].Filename
	f, err := form.File["file"][0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	u.content = string(text)
	return wiretest.Response(200, fileBody, "X-Request-Id", "req_1"), err
}

func TestAFileIsSentWithItsNameAndPurpose(t *testing.T) {
	for name, c := range map[string]struct {
		upload  ai.FileUpload
		length  bool
		purpose string
	}{
		"size known":   {ai.FileUpload{Name: "train.jsonl", Size: 3, Content: strings.NewReader("abc")}, true, "fine-tune"},
		"size unknown": {ai.FileUpload{Name: `tr"ain.jsonl`, Content: iotest.OneByteReader(strings.NewReader("abc"))}, false, "fine-tune"},
		"purpose":      {ai.FileUpload{Name: "x", Purpose: "user_data", Content: strings.NewReader("abc")}, false, "user_data"},
	} {
		u := new(uploads)
		got, err := provider(t, u).UploadFile(t.Context(), &c.upload)
		if err != nil || u.err != nil {
			t.Fatalf("%s: %v, %v", name, err, u.err)
		}
		if u.content != "abc" || u.name != c.upload.Name || u.purpose != c.purpose || (u.length > 0) != c.length {
			t.Errorf("%s: sent %+v", name, u)
		}
		want := &ai.File{ID: "file-1", Name: "train.jsonl", Purpose: "fine-tune", Size: 3, CreatedAt: wantJob.CreatedAt, Provider: "openai", RequestID: "req_1"}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// endless is a file that is longer than any may be.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.n += int64(len(p))
	return len(p), nil
}

// swallowing is a network that reads and forgets.
type swallowing struct{}

func (swallowing) RoundTrip(req *http.Request) (*http.Response, error) {
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, req.Body, make([]byte, 1<<20))
	if err = errors.Join(err, req.Body.Close()); err != nil {
		return nil, err
	}
	return wiretest.Response(200, fileBody), nil
}

func TestAFileOfAnotherLengthIsNotSent(t *testing.T) {
	broken := errors.New("the disk is gone")
	long := &endless{}
	for name, c := range map[string]struct {
		upload ai.FileUpload
		code   ai.Code
		cause  error
	}{
		"shorter":  {ai.FileUpload{Size: 4, Content: strings.NewReader("abc")}, ai.CodeInvalidRequest, nil},
		"longer":   {ai.FileUpload{Size: 2, Content: strings.NewReader("abc")}, ai.CodeInvalidRequest, nil},
		"broken":   {ai.FileUpload{Content: io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))}, ai.CodeInvalidRequest, broken},
		"too long": {ai.FileUpload{Content: long}, ai.CodeTooLarge, nil},
	} {
		c.upload.Name = "x"
		got, err := provider(t, swallowing{}).UploadFile(t.Context(), &c.upload)
		if e := asError(t, err); got != nil || e.Code != c.code || e.Field != "Content" || !errors.Is(e, c.code) || c.cause != nil && !errors.Is(e, c.cause) {
			t.Errorf("%s: %+v, %#v", name, got, e)
		}
	}
	if long.n > ai.MaxFileBytes+1<<21 {
		t.Errorf("%d bytes were read", long.n)
	}
}

func TestAFileIsReadNoFurtherAfterTheAnswer(t *testing.T) {
	var body io.ReadCloser
	w := &early{keep: &body}
	content := strings.NewReader("abc")
	_, err := provider(t, w).UploadFile(t.Context(), &ai.FileUpload{Name: "x", Content: content})
	if e := asError(t, err); e.Code != ai.CodeTooLarge || e.Status != 413 {
		t.Errorf("%#v", e)
	}
	_, err = io.ReadAll(body)
	if err == nil || content.Len() != 3 {
		t.Errorf("%v, %d bytes are left", err, content.Len())
	}
}

// early answers before it has read anything.
type early struct{ keep *io.ReadCloser }

func (e *early) RoundTrip(req *http.Request) (*http.Response, error) {
	*e.keep = req.Body
	return wiretest.Response(413, ""), nil
}

func TestAFileIsWrittenAsItComes(t *testing.T) {
	const long = 100 << 20 // more than any other body may have
	w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
		return wiretest.Stream(200, io.LimitReader(&endless{}, long), "Content-Type", "application/octet-stream"), nil
	}}
	n, err := provider(t, w).DownloadFile(t.Context(), "file-1", io.Discard)
	if n != long || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	sent := w.Requests()[0]
	if sent.Method != "GET" || sent.URL != "https://api.openai.com/v1/files/file-1/content" {
		t.Errorf("sent %s %s", sent.Method, sent.URL)
	}
}

// broken is a writer that takes a byte and fails.
type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 1, b.err }

func TestAFileThatDoesNotArriveIsAnError(t *testing.T) {
	full := errors.New("the disk is full")
	cut := wiretest.Stream(200, io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	for name, c := range map[string]struct {
		resp  *http.Response
		to    io.Writer
		n     int64
		code  ai.Code
		cause error
	}{
		"cut":      {cut, io.Discard, 3, ai.CodeBadResponse, io.ErrUnexpectedEOF},
		"reset":    {wiretest.Stream(200, iotest.ErrReader(io.EOF)), io.Discard, 0, "", nil},
		"too long": {wiretest.Stream(200, io.LimitReader(&endless{}, ai.MaxFileBytes+1)), io.Discard, ai.MaxFileBytes, ai.CodeBadResponse, nil},
		"full":     {wiretest.Response(200, "abc"), brokenWriter{full}, 1, ai.CodeInvalidRequest, full},
		"short":    {wiretest.Response(200, "abc"), brokenWriter{}, 1, ai.CodeInvalidRequest, io.ErrShortWrite},
		"none":     {wiretest.Response(404, refused("x", "invalid_request_error", "null")), io.Discard, 0, ai.CodeNotAvailable, nil},
	} {
		w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) { return c.resp, nil }}
		n, err := provider(t, w).DownloadFile(t.Context(), "x", c.to)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := asError(t, err); n != c.n || e.Code != c.code || c.cause != nil && !errors.Is(e, c.cause) {
			t.Errorf("%s: %d bytes, %#v", name, n, e)
		}
	}
}

func TestACancelEndsADownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := provider(t, hangingInBody()).DownloadFile(ctx, "x", io.Discard)
		if e := asError(t, err); e.Code != ai.CodeCanceled {
			t.Errorf("%#v", e)
		}
	})
}

func TestAFileIsGoneOnlyIfTheServiceSaysSo(t *testing.T) {
	for body, gone := range map[string]bool{
		`{"id":"x","object":"file","deleted":true}`: true, ``: true, `{}`: true,
		`{"id":"x","deleted":false}`: false, `<html>`: false, `{"error":{"message":"x"}}`: false,
	} {
		w := wiretest.Answering(200, body)
		err := provider(t, w).DeleteFile(t.Context(), "x")
		if (err == nil) != gone || w.Requests()[0].Method != http.MethodDelete {
			t.Errorf("%s: %v", body, err)
		}
	}
}
