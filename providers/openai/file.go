package openai

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

var _ ai.FileStore = (*Provider)(nil)

const filesPath = "/files"

// UploadFile sends a file. It begins no read of Content after it has returned.
func (p *Provider) UploadFile(ctx context.Context, upload *ai.FileUpload) (*ai.File, error) {
	if err := upload.Validate(); err != nil {
		return nil, err
	}
	if err := ended(ctx, ""); err != nil {
		return nil, err
	}
	form, head, tail, err := frame(upload)
	if err != nil {
		return nil, invalid("Name", "cannot be sent")
	}
	content := &source{from: upload.Content, size: upload.Size}
	defer func() { _ = content.stop() }()
	recorded, c := p.record(ctx)
	body := io.MultiReader(bytes.NewReader(head), content, bytes.NewReader(tail))
	req, err := http.NewRequestWithContext(recorded, http.MethodPost, p.endpoint(filesPath, nil), body)
	if err != nil {
		return nil, c.failure(ctx, "")
	}
	req.ContentLength = -1
	if upload.Size > 0 {
		req.ContentLength = int64(len(head)) + upload.Size + int64(len(tail))
	}
	req.Header.Set("Content-Type", form)
	if err := c.send(req); err != nil {
		if fault := content.stop(); fault != nil && ctx.Err() == nil {
			return nil, fault
		}
		return nil, c.failure(ctx, "")
	}
	return c.file()
}

// frame returns the content type of the form, and what stands before and after
// the file in it.
func frame(upload *ai.FileUpload) (form string, head, tail []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	purpose := upload.Purpose
	if purpose == "" {
		purpose = "fine-tune"
	}
	if err := w.WriteField("purpose", purpose); err != nil {
		return "", nil, nil, err
	}
	if _, err := w.CreateFormFile("file", upload.Name); err != nil {
		return "", nil, nil, err
	}
	at := b.Len()
	if err := w.Close(); err != nil {
		return "", nil, nil, err
	}
	return w.FormDataContentType(), b.Bytes()[:at], b.Bytes()[at:], nil
}

// fileBody is a file as it comes.
type fileBody struct {
	ID        word
	Bytes     number
	CreatedAt number `json:"created_at"`
	ExpiresAt number `json:"expires_at"`
	Filename  word
	Purpose   word
}

func (c *call) file() (*ai.File, error) {
	var answer fileBody
	if err := c.decode(&answer); err != nil || answer.ID == "" {
		return nil, c.noAnswer("", "the response is no file")
	}
	return &ai.File{
		ID: string(answer.ID), Name: string(answer.Filename), Purpose: string(answer.Purpose), Size: int64(answer.Bytes),
		CreatedAt: answer.CreatedAt.time(), ExpiresAt: answer.ExpiresAt.time(),
		Provider: providerName, RequestID: transport.RequestID(c.exchange.Header),
	}, nil
}

// DownloadFile writes a file to a writer while it comes. What lies beyond
// ai.MaxFileBytes is CodeBadResponse.
func (p *Provider) DownloadFile(ctx context.Context, id string, to io.Writer) (int64, error) {
	name, err := segment(id)
	if err != nil {
		return 0, err
	}
	if err := ended(ctx, ""); err != nil {
		return 0, err
	}
	recorded, c := p.record(ctx)
	out := &sink{to: to}
	c.exchange.Limit, c.to = ai.MaxFileBytes, out
	req, err := http.NewRequestWithContext(recorded, http.MethodGet, p.endpoint(filesPath+"/"+name+"/content", nil), http.NoBody)
	if err != nil {
		return 0, c.failure(ctx, "")
	}
	err = c.send(req)
	switch {
	case err == nil:
		return out.n, nil
	case out.err != nil && ctx.Err() == nil:
		return out.n, &ai.Error{Code: ai.CodeInvalidRequest, Provider: providerName, Field: "to", Detail: "the writer failed", Cause: out.err}
	}
	return out.n, c.failure(ctx, "")
}

// DeleteFile removes a file.
func (p *Provider) DeleteFile(ctx context.Context, id string) error {
	name, err := segment(id)
	if err != nil {
		return err
	}
	c, err := p.ask(ctx, http.MethodDelete, p.endpoint(filesPath+"/"+name, nil), "", nil)
	if err != nil {
		return err
	}
	answer := struct{ Deleted *bool }{}
	if c.body.Len() == 0 { // 204
		return nil
	}
	if err := c.decode(&answer); err != nil || answer.Deleted != nil && !*answer.Deleted || readErrorBody(c.body.Bytes()).found {
		return c.noAnswer("", "the file was not deleted")
	}
	return nil
}
