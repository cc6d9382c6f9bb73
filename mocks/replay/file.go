package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// format names the format of the files.
const format = "exchange/1"

// exchange is the content of a file.
type exchange struct {
	Format   string   `json:"format"`
	Request  request  `json:"request"`
	Response response `json:"response"`
}

type request struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Query   string      `json:"query,omitempty"`
	Headers http.Header `json:"headers,omitempty"`
	content
}

type response struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers,omitempty"`
	content
	DelaysMS []int64 `json:"delays_ms,omitempty"`
	End      string  `json:"end,omitempty"`
}

// The ends of a response's body that is not whole.
const (
	endCut  = "cut"
	endLeft = "left"
)

// content is a body in one of its forms; none is an empty body.
type content struct {
	JSON   json.RawMessage `json:"json,omitempty"`
	Lines  []string        `json:"lines,omitempty"`
	Base64 []byte          `json:"base64,omitempty"`
	Body   string          `json:"body,omitempty"` // read only
}

// contentOf chooses the form in which a body is most readable.
func contentOf(body []byte, contentType string) content {
	switch {
	case len(body) == 0:
		return content{}
	case !utf8.Valid(body):
		return content{Base64: body}
	case isJSON(contentType) && json.Valid(body):
		return content{JSON: body}
	}
	return content{Lines: slices.Collect(strings.Lines(string(body)))}
}

func isJSON(contentType string) bool { return strings.Contains(strings.ToLower(contentType), "json") }

// bytes returns the body. JSON comes without white space.
func (c content) bytes() []byte {
	switch {
	case c.JSON != nil:
		var b bytes.Buffer
		if json.Compact(&b, c.JSON) != nil {
			return c.JSON
		}
		return b.Bytes()
	case c.Lines != nil:
		return []byte(strings.Join(c.Lines, ""))
	case c.Base64 != nil:
		return c.Base64
	}
	return []byte(c.Body)
}

// marshal writes the file's text. HTML is not escaped: prompts stay readable.
func (x *exchange) marshal() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(x)
	return b.Bytes(), err
}

// numbered is the name of a file that was recorded.
var numbered = regexp.MustCompile(`^[0-9]{4,}-[a-z0-9-]*\.json$`)

// fileName names the file of an exchange.
func fileName(number int, method, path string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, method+path)
	const longest = 80
	return fmt.Sprintf("%04d-%s.json", number, strings.Trim(slug[:min(len(slug), longest)], "-"))
}

func at(dir, name string) string { return filepath.Join(dir, name) }

// recordings returns the names of the files in a directory that end in .json,
// in order.
func recordings(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".json") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// readExchange reads a file.
func readExchange(dir, name string) (*exchange, error) {
	data, err := os.ReadFile(at(dir, name))
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	x := new(exchange)
	if err := json.Unmarshal(data, x); err != nil {
		return nil, fmt.Errorf("replay: %s is no recording: its JSON cannot be read", name)
	}
	if path, query, ok := strings.Cut(x.Request.Path, "?"); ok && x.Request.Query == "" {
		x.Request.Path, x.Request.Query = path, query
	}
	x.Request.Headers, x.Response.Headers = canonical(x.Request.Headers), canonical(x.Response.Headers)
	if err := x.check(); err != nil {
		return nil, fmt.Errorf("replay: %s is no recording: %w", name, err)
	}
	return x, nil
}

// canonical returns headers by their usual names, without those that tell how a
// body was sent: it is replayed plain.
func canonical(written http.Header) http.Header {
	h := http.Header{}
	for name, values := range written {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	for _, name := range [...]string{"Content-Encoding", "Content-Length", "Transfer-Encoding"} {
		h.Del(name)
	}
	return h
}

func (x *exchange) check() error {
	switch {
	case x.Format != "" && x.Format != format:
		return errors.New("format is not " + format)
	case x.Request.Method == "" || x.Request.Path == "":
		return errors.New("request.method or request.path is missing")
	case x.Response.Status < 100 || x.Response.Status > 999:
		return errors.New("response.status is not from 100 to 999")
	}
	return nil
}
