package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// scrubbed stands where a secret stood.
const scrubbed = "scrubbed"

// leastSecret is the length in bytes from which a text can be told apart from
// ordinary words.
const leastSecret = 8

// scrubber takes secrets out. It is safe for concurrent use.
type scrubber struct{ secrets []string }

func newScrubber(secrets []string) (*scrubber, error) {
	for i, s := range secrets {
		if len(s) < leastSecret {
			return nil, fmt.Errorf("replay: Config.Secrets[%d] is shorter than %d bytes", i, leastSecret)
		}
	}
	return &scrubber{slices.Clone(secrets)}, nil
}

// with returns a scrubber that knows the secrets of a request and, unless it is
// nil, of its response too.
func (s *scrubber) with(req *http.Request, header http.Header) *scrubber {
	found := slices.Clone(s.secrets)
	add := func(values ...string) {
		for _, v := range values {
			if v = strings.TrimSpace(v); len(v) >= leastSecret && v != scrubbed {
				found = append(found, v)
			}
		}
	}
	for _, h := range [...]http.Header{req.Header, header} {
		for _, name := range secretHeaders {
			add(h.Values(name)...)
		}
	}
	for _, value := range req.Header.Values("Authorization") {
		_, key, _ := strings.Cut(value, " ")
		add(key)
	}
	if user, password, ok := req.BasicAuth(); ok {
		add(user, password)
	}
	for _, c := range req.Cookies() {
		add(c.Value)
	}
	for _, c := range (&http.Response{Header: header}).Cookies() {
		add(c.Value)
	}
	for name, values := range req.URL.Query() {
		if secretName.MatchString(name) {
			add(values...)
		}
	}
	// The longest first: one may be the beginning of another.
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) })
	return &scrubber{slices.Compact(found)}
}

// secretHeaders have values that are keys, or IDs of whose they are.
var secretHeaders = []string{
	"Authorization", "Proxy-Authorization", "Api-Key", "X-Api-Key", "X-Goog-Api-Key", "X-Goog-User-Project",
	"Openai-Organization", "Openai-Project", "X-Request-Id", "Apim-Request-Id", "X-Ms-Client-Request-Id", "Cf-Ray",
	"X-Goog-Request-Id", "X-Cloud-Trace-Context",
}

// keptHeaders are recorded as they are.
var keptHeaders = []string{
	"Accept", "Content-Type", "Retry-After", "Retry-After-Ms", "X-Should-Retry", "Openai-Version",
	"Openai-Processing-Ms", "Openai-Beta", "Content-Disposition",
}

// headers returns what is recorded of the headers.
func (s *scrubber) headers(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		switch {
		case slices.Contains(keptHeaders, name), strings.HasPrefix(name, "X-Ratelimit-"):
			for _, v := range values {
				kept.Add(name, s.text(v))
			}
		case name == "X-Request-Id":
			kept.Set(name, scrubbed)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// secretName is the name of a query parameter that holds a key.
var secretName = regexp.MustCompile(`(?i)^(key|api[-_]?key|access[-_]?token|token|sig|signature|code|secret|password|auth.*|x-(amz|goog|ms)-.*)$`)

// query returns the parameters, in order of their names, without those that
// hold keys.
func (s *scrubber) query(raw string) string {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return s.text(raw)
	}
	for name := range values {
		if secretName.MatchString(name) {
			delete(values, name)
		}
	}
	return s.text(values.Encode())
}

// looks are what keys and IDs look like, with what is left of each.
var looks = []struct {
	like *regexp.Regexp
	left string
}{
	{regexp.MustCompile(`\b(sk|rk|pk|sess)-[A-Za-z0-9_-]{12,}`), scrubbed},
	{regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{30,}`), scrubbed},
	{regexp.MustCompile(`\bAQ\.[A-Za-z0-9_-]{30,}`), scrubbed},
	{regexp.MustCompile(`\bya29\.[A-Za-z0-9_-]{12,}`), scrubbed},
	{regexp.MustCompile(`\bgh[opsu]_[A-Za-z0-9]{20,}`), scrubbed},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*`), scrubbed},
	{regexp.MustCompile(`(?i)\bBearer [A-Za-z0-9._~+/=-]{8,}`), scrubbed},
	{regexp.MustCompile(`\borg-[A-Za-z0-9]{8,}`), "org-" + scrubbed},
	{regexp.MustCompile(`\bproj_[A-Za-z0-9]{8,}`), "proj_" + scrubbed},
	{regexp.MustCompile(`\breq_[A-Za-z0-9]{8,}`), "req_" + scrubbed},
	{regexp.MustCompile(`(?i)\brequest[ _-]id:? [a-z0-9-]{8,}`), "request ID " + scrubbed},
	{regexp.MustCompile(`\bprojects/[A-Za-z0-9-]{6,}`), "projects/" + scrubbed},
	{regexp.MustCompile(`\bproject(_number:|\s+number\s+|\s+)[0-9]{6,}`), "project " + scrubbed},
	{regexp.MustCompile(
		`"(api_?[kK]ey|access_?[tT]oken|client_?[sS]ecret|password|organization|organization_?[iI]d|org_?[iI]d|account_?[iI]d|project_?[iI]d|` +
			`project_?[nN]umber|consumer|request_?[iI]d)"(\s*:\s*)"(?:[^"\\]|\\.)*"`),
		`"$1"$2"` + scrubbed + `"`},
}

// text takes secrets out of a text.
func (s *scrubber) text(text string) string {
	for _, secret := range s.secrets {
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, scrubbed)
		}
	}
	for _, l := range looks {
		text = l.like.ReplaceAllString(text, l.left)
	}
	return text
}

// forms are the ways in which a text is written: plain, in a URL, in JSON, in
// JSON of ASCII.
func forms(secret string) []string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		quoted = []byte(`""`)
	}
	ascii := strconv.QuoteToASCII(secret)
	all := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		string(quoted[1 : len(quoted)-1]), ascii[1 : len(ascii)-1],
	}
	return slices.DeleteFunc(all, func(form string) bool { return form == "" })
}

var errHidden = errors.New("a secret stands in it in a form that cannot be taken out")

// body takes secrets out of a body, and fails when one is still in the texts
// of its JSON.
func (s *scrubber) body(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return body, nil
	}
	clean := []byte(s.text(string(body)))
	for line := range bytes.Lines(clean) {
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok && s.hidden(data) {
			return nil, errHidden
		}
	}
	if s.hidden(clean) {
		return nil, errHidden
	}
	return clean, nil
}

// hidden reports whether a secret is among the texts of some JSON.
func (s *scrubber) hidden(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err != nil {
			return false // io.EOF, or no JSON
		}
		text, ok := token.(string)
		if ok && slices.ContainsFunc(s.secrets, func(secret string) bool { return strings.Contains(text, secret) }) {
			return true
		}
	}
}
