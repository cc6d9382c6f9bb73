package replay_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/finbrain/ai/mocks/replay"
)

func TestRecordingsOfOthersAreReplayed(t *testing.T) {
	folder := cmp.Or(os.Getenv("AI_RECORDED"), "../../../shared/recorded")
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(names) == 0 {
		t.Skipf("no recorded exchanges in %s: set AI_RECORDED to their folder", folder)
	}
	p := open(t, folder, replay.Config{})
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			Request struct {
				Method, Path, Body string
				Headers            map[string][]string
			}
			Response struct {
				Status int
				Body   string
			}
		}
		if err := json.Unmarshal(data, &x); err != nil {
			t.Fatal(err)
		}
		contentType := ""
		if values := x.Request.Headers["content-type"]; len(values) > 0 {
			contentType = values[0]
		}
		got := send(t, p, cmp.Or(x.Request.Method, http.MethodPost), "http://a.test"+x.Request.Path, contentType, x.Request.Body)
		if got.err != nil || got.status != x.Response.Status || got.body != x.Response.Body {
			t.Errorf("%s: %d, %v, %.200s", name, got.status, got.err, got.body)
		}
	}
	if left := p.Unused(); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
