package wiretest_test

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/finbrain/ai/internal/wiretest"
)

func TestRecordedExchangesOfAProviderAreReplayed(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a-chat.json", `{"operation":"chat","response":{"status":201,"body":"text","headers":{"x-id":["1","2"],"content-length":["9"]}}}`)
	write(t, folder, "reports/a-429.json", `{"response":{"status":429}}`)
	write(t, folder, "a-chat_stream.json", `no JSON`)
	write(t, folder, "b-chat.json", `no JSON`)
	found, looked, err := wiretest.Recorded(folder, "a")
	if err != nil || looked != folder || len(found) != 2 || found["a-429.json"].Response.Status != 429 {
		t.Fatalf("found %v in %s: %v", found, looked, err)
	}
	x := found["a-chat.json"]
	resp, err := x.Wire().RoundTrip(post(t, t.Context(), ""))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if x.Operation != "chat" || resp.StatusCode != 201 || string(body) != "text" ||
		!reflect.DeepEqual(resp.Header.Values("X-Id"), []string{"1", "2"}) || resp.Header.Get("Content-Length") != "" {
		t.Errorf("%s: %+v with %s", x.Operation, resp, body)
	}
}

func TestRecordedStreamsAreFoundByThemselves(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a-chat.json", `no JSON`)
	write(t, folder, "a-chat_stream.json", `{"request":{"path":"/p","body":"{}"},"response":{"body":"data: {}"}}`)
	found, _, err := wiretest.RecordedStreams(folder, "a")
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v: %v", found, err)
	}
	if x := found["a-chat_stream.json"]; x.Request.Path != "/p" || x.Request.Body != "{}" || x.Response.Body != "data: {}" {
		t.Errorf("read %+v", x)
	}
}

func TestAFolderThatIsNotThereHoldsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for folder, want := range map[string]string{"nowhere": "nowhere", "": filepath.FromSlash("../../../shared/recorded")} {
		if found, looked, err := wiretest.Recorded(folder, "nobody"); len(found) != 0 || looked != want || err != nil {
			t.Errorf("%q: found %v in %s: %v", folder, found, looked, err)
		}
	}
}

func TestARecordingThatCannotBeReadIsAnError(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a-chat.json", `no JSON`)
	if found, _, err := wiretest.Recorded(folder, "a"); found != nil || err == nil {
		t.Errorf("found %v: %v", found, err)
	}
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	file := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
