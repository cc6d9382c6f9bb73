package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // for the size of a picture
	_ "image/jpeg" // for the size of a picture
	_ "image/png"  // for the size of a picture
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/finbrain/ai"
)

//go:generate go run -C input chart.go

var (
	//go:embed input/filing.txt
	ownFiling []byte
	//go:embed input/chart.png
	ownChart []byte
)

// maxText is the longest text taken, in bytes: beyond it no model follows.
const maxText = 1 << 20

// The questions asked unless -ask says otherwise.
const (
	textQuestion  = "Which covenants and other risks in this text need attention, and which figures show it? Answer in three sentences."
	imageQuestion = "What does this image show? Name the figures that matter."
)

// input is one thing to ask about: a text, or an image.
type input struct {
	name  string
	text  string
	image []byte
}

// question returns what to ask about the input: asked, unless that is empty.
func (in input) question(asked string) string {
	switch {
	case asked != "":
		return asked
	case in.image != nil:
		return imageQuestion
	default:
		return textQuestion
	}
}

func (in input) request(question string) *ai.Request {
	if in.image != nil {
		return ai.ImageAnalysis(question, ai.ImageBytes(in.image))
	}
	return ai.Text(question + "\n\n" + in.text)
}

// String names the input and tells its kind and size.
func (in input) String() string {
	if in.image == nil {
		return fmt.Sprintf("%s, a text of %s", in.name, count(len(strings.Fields(in.text)), "word"))
	}
	format, _ := strings.CutPrefix(ai.ImageBytes(in.image).Type(), "image/")
	size := ""
	if c, _, err := image.DecodeConfig(bytes.NewReader(in.image)); err == nil {
		size = fmt.Sprintf(" of %d × %d pixels", c.Width, c.Height)
	}
	return fmt.Sprintf("%s, a %s image%s", in.name, strings.ToUpper(format), size)
}

// inputs returns what the options ask about: the files, else the example's
// own. All files are read before anything is asked. The error names the file.
func (o options) inputs(ctx context.Context) ([]input, error) {
	if len(o.files) == 0 {
		return o.ownInputs()
	}
	var all []input
	for _, f := range o.files {
		in, err := f.load(ctx)
		if err == nil && o.embed && in.image != nil {
			err = errors.New("an image cannot be embedded, only texts can")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		all = append(all, in)
	}
	return all, nil
}

func (o options) ownInputs() ([]input, error) {
	filing, err := parseInput("filing.txt", ownFiling)
	if err != nil {
		return nil, err
	}
	if !o.embed {
		return []input{filing, {name: "chart.png", image: ownChart}}, nil
	}
	var paragraphs []input
	for p := range strings.SplitSeq(filing.text, "\n\n") {
		paragraphs = append(paragraphs, input{name: firstWords(p), text: p})
	}
	return paragraphs, nil
}

// firstWords returns the sentence or line that a paragraph begins with.
func firstWords(paragraph string) string {
	line, _, _ := strings.Cut(paragraph, "\n")
	heading, _, _ := strings.Cut(line, ". ")
	return heading
}

// load reads the file and recognises by its content what it is.
func (f file) load(ctx context.Context) (input, error) {
	data, err := read(ctx, f.path)
	if err != nil {
		return input{}, err
	}
	in, err := parseInput(filepath.Base(f.path), data)
	if f.image && (err != nil || in.image == nil) {
		return input{}, errors.New("is no PNG, JPEG, GIF or WebP image")
	}
	return in, err
}

func parseInput(name string, data []byte) (input, error) {
	if ai.ImageBytes(data).Type() != "" {
		return input{name: name, image: data}, nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	text := strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n"))
	switch {
	case text == "":
		return input{}, errors.New("is empty")
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return input{}, errors.New("is neither a text in UTF-8 nor a PNG, JPEG, GIF or WebP image")
	case len(text) > maxText:
		return input{}, errors.New("is a text of more than 1 MiB")
	}
	return input{name: name, text: text}, nil
}

// read reads a file of at most ai.MaxImageBytes. It stops when ctx ends, also
// while a pipe has nothing to give.
func read(ctx context.Context, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		if e, ok := errors.AsType[*os.PathError](err); ok {
			err = e.Err // the caller names the file
		}
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = f.Close() })
	defer func() {
		if stop() {
			_ = f.Close()
		}
	}()
	data, err := io.ReadAll(io.LimitReader(f, ai.MaxImageBytes+1))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		if e, ok := errors.AsType[*os.PathError](err); ok {
			err = e.Err
		}
		return nil, err
	case len(data) > ai.MaxImageBytes:
		return nil, errors.New("is over the limit of 20 MiB")
	}
	return data, nil
}
