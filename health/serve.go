package health

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// serve answers a GET or HEAD with a document.
func serve(w http.ResponseWriter, r *http.Request, document func() (status int, body any)) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeError(w, http.StatusMethodNotAllowed, errorBody{Error: "method not allowed"})
		return
	}
	status, body := document()
	write(w, status, body)
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // every body of this package can be encoded
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone needs no answer, and one that asked for the head gets no body
}
