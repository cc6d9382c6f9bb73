package replay

import (
	"regexp"
	"slices"
	"strings"
)

// secretHeader is the name of a header whose value is a key, or the ID of whose
// it is or of the request.
var secretHeader = regexp.MustCompile(`(?i)^cookie$|(^|-)(authorization|auth|key|token|secret|signature|organization|project|` +
	`(request|correlation|trace)-id|ray|trace-context)$`)

// secretName is the name of a query parameter that holds a key; a page token is
// none.
var secretName = regexp.MustCompile(`(?i)^(key|api[-_]?key|.*[-_]key|((access|refresh|id|auth|security|session)[-_]?)?token|sig|signature|code|.*secret|password|auth.*|x-(amz|goog|ms)-.*)$`)

// edge is where a word begins, also behind a character that JSON or a URL
// writes with letters or digits.
const edge = `(\b|\\[bfnrt]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2})`

// keyLook is what keys look like.
var keyLook = look{regexp.MustCompile(edge + `(?:` +
	`(?:sk|rk|pk|sess|csk|xai|pplx|nvapi)-[A-Za-z0-9_-]{12,}` +
	`|AIza[A-Za-z0-9_-]{30,}|AQ\.[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{12,}|GOCSPX-[A-Za-z0-9_-]{16,}` +
	`|(?:gsk|hf|github_pat|gh[opsu])_[A-Za-z0-9_]{20,}|AKIA[0-9A-Z]{16}` +
	`|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)`), `${1}` + scrubbed, keyParts}

// keyParts are, in small letters, of which each key has one.
var keyParts = []string{
	"sk-", "rk-", "pk-", "sess-", "xai-", "pplx-", "nvapi-", "aiza", "aq.", "ya29.", "gocspx-", "gsk_", "hf_", "github_pat_",
	"ghp_", "gho_", "ghs_", "ghu_", "akia", ".eyj",
}

// look is what a key or an ID looks like, and what is left of it.
type look struct {
	like *regexp.Regexp
	left string
	of   []string // one of which is in it, in small letters: far quicker to look for
}

// in reports whether a text may hold the look.
func (l look) in(small string) bool {
	return slices.ContainsFunc(l.of, func(part string) bool { return strings.Contains(small, part) })
}

var looks = []look{
	keyLook,
	{
		regexp.MustCompile(`(?i)(\bauthorization\W{1,6})(?:bearer|basic|token) [A-Za-z0-9._~+/=-]{8,}`),
		`${1}` + scrubbed, []string{"authorization"},
	},
	// Shorter ones are words: there are bearer securities.
	{regexp.MustCompile(`(?i)` + edge + `bearer [A-Za-z0-9._~+/=-]{20,}`), `${1}` + scrubbed, []string{"bearer "}},
	// What OpenAI shows of a wrong key.
	{regexp.MustCompile(`(?i)(\bAPI key provided: )[^\s"\\]+`), `${1}` + scrubbed, []string{"api key provided"}},
	{regexp.MustCompile(edge + `(org-|proj_|req_)[A-Za-z0-9]{8,}`), `${1}${2}` + scrubbed, []string{"org-", "proj_", "req_"}},
	{
		regexp.MustCompile(`(?i)` + edge + `request[ _-]id:? [a-z0-9-]{8,}`),
		`${1}request ID ` + scrubbed, []string{"request id", "request_id", "request-id"},
	},
	{regexp.MustCompile(edge + `projects/[A-Za-z0-9-]{6,}`), `${1}projects/` + scrubbed, []string{"projects/"}},
	{
		regexp.MustCompile(edge + `project(?:_number:|\s+number\s+|\s+)[0-9]{6,}`),
		`${1}project ` + scrubbed, []string{"project"},
	},
	{regexp.MustCompile(`([?&]|\\u0026)project=[A-Za-z0-9:.-]{4,}`), `${1}project=` + scrubbed, []string{"project="}},
	{
		regexp.MustCompile(
			`"(api_?[kK]ey|(?:access|refresh|id)_?[tT]oken|client_?[sS]ecret|password|organization|organization_?[iI]d|org_?[iI]d|` +
				`account_?[iI]d|project_?[iI]d|project_?[nN]umber|consumer|containerInfo|request_?[iI]d)"(\s*:\s*)(?:"(?:[^"\\]|\\.)*"|-?[0-9]+)`),
		`"$1"$2"` + scrubbed + `"`,
		[]string{"key", "token", "secret", "password", "org", "account", "project", "consumer", "containerinfo", "request"},
	},
}
