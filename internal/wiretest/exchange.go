package wiretest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Exchange is a real exchange with a service, as recorded. Bodies are recorded
// decoded.
type Exchange struct {
	Operation string
	Request   struct {
		Path string
		Body string
	}
	Response struct {
		Status  int
		Headers map[string][]string
		Body    string
	}
}

// Recorded reads the exchanges with a provider that a folder holds, without
// the streams: the files <provider>-*.json in it and in its folder reports,
// by their base names. An empty folder means shared/recorded beside the
// checkout, seen from the folder of an adapter. Recorded also returns the
// folder it looked in, for the test that is skipped when there is none or
// nothing in it, which is no error.
func Recorded(folder, provider string) (found map[string]*Exchange, looked string, err error) {
	return recorded(folder, provider, false)
}

// RecordedStreams is Recorded for the streams: the files that have "stream" in
// their names.
func RecordedStreams(folder, provider string) (found map[string]*Exchange, looked string, err error) {
	return recorded(folder, provider, true)
}

func recorded(folder, provider string, streams bool) (found map[string]*Exchange, looked string, err error) {
	looked = cmp.Or(folder, filepath.Join("..", "..", "..", "shared", "recorded"))
	files := os.DirFS(looked)
	found = map[string]*Exchange{}
	for _, pattern := range []string{provider + "-*.json", "reports/" + provider + "-*.json"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, looked, err
		}
		for _, name := range names {
			if strings.Contains(path.Base(name), "stream") != streams {
				continue
			}
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, looked, err
			}
			x := new(Exchange)
			if err := json.Unmarshal(text, x); err != nil {
				return nil, looked, fmt.Errorf("%s in %s: %w", name, looked, err)
			}
			found[path.Base(name)] = x
		}
	}
	return found, looked, nil
}

// Wire serves the recorded response, without the headers that describe the
// body as it was sent.
func (x *Exchange) Wire() *Wire {
	return &Wire{Answer: func(*http.Request) (*http.Response, error) {
		resp := Response(x.Response.Status, x.Response.Body)
		for name, values := range x.Response.Headers {
			switch name = http.CanonicalHeaderKey(name); name {
			case "Content-Encoding", "Content-Length", "Transfer-Encoding":
			default:
				resp.Header[name] = slices.Clone(values)
			}
		}
		return resp, nil
	}}
}
