package replay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
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

// with returns a scrubber that knows the secrets of a request too, and of the
// headers it had when it was sent and those of its response; either may be nil.
func (s *scrubber) with(req *http.Request, sent, header http.Header) *scrubber {
	found := slices.Clone(s.secrets)
	add := func(values ...string) {
		for _, v := range values {
			if v = strings.TrimSpace(v); len(v) >= leastSecret && v != scrubbed {
				found = append(found, v)
			}
		}
	}
	for _, h := range [...]http.Header{req.Header, sent, header} {
		for name, values := range h {
			if !secretHeader.MatchString(name) {
				continue
			}
			add(values...)
			for _, value := range values {
				_, key, _ := strings.Cut(value, " ") // behind "Bearer"
				add(key)
			}
		}
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
	for name, values := range parameters(req.URL.RawQuery) {
		if secretName.MatchString(name) {
			add(values...)
		}
	}
	// The longest first: one may be the beginning of another.
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) })
	return &scrubber{slices.Compact(found)}
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

// query returns the parameters, in order of their names, without those that
// hold keys.
func (s *scrubber) query(raw string) string {
	values := parameters(raw)
	for name := range values {
		if secretName.MatchString(name) {
			delete(values, name)
		}
	}
	return s.text(values.Encode())
}

// parameters reads a query, also one that is not written as it should be: what
// stands in that may be a key all the same.
func parameters(raw string) url.Values {
	values := url.Values{}
	for pair := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		values.Add(unescaped(name), unescaped(value))
	}
	return values
}

// unescaped undoes the escaping of a query, if it is one.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// path returns a path in one of the ways in which it can be escaped.
func (s *scrubber) path(escaped string) string { return s.text(normalPath(escaped)) }

// text takes secrets out of a text.
func (s *scrubber) text(text string) string {
	for _, secret := range s.secrets {
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, scrubbed)
		}
	}
	small := strings.ToLower(text)
	for _, l := range looks {
		if l.in(small) {
			text = l.like.ReplaceAllString(text, l.left)
		}
	}
	return text
}

// forms are the ways in which a text is written: plain, in a URL, in JSON, in
// JSON of ASCII, and in JSON that is a text within JSON, as the arguments of
// tools are. The longest come first: one may be the beginning of another.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	once := quotations(secret)
	all = append(all, once...)
	for _, quoted := range once {
		all = append(all, quotations(quoted)...)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// quotations are the ways in which JSON writes a text.
func quotations(text string) []string {
	ascii := strconv.QuoteToASCII(text)
	all := []string{ascii[1 : len(ascii)-1]}
	for _, html := range [...]bool{true, false} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if e.Encode(text) == nil {
			all = append(all, b.String()[1:b.Len()-2]) // without the quotes and the line break
		}
	}
	return all
}
