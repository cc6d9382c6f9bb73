package gemini

import (
	"strconv"
	"strings"
)

// The generations of models between which the API's rules change.
const (
	gemini25 generation = 205
	gemini3  generation = 300
	gemini31 generation = 301
	gemini36 generation = 306
	newest   generation = 9999
)

// generation is the version in the name of a Gemini model, 205 for
// "gemini-2.5-pro", newest for "gemini-flash-latest", and 0 for a name that has
// none, such as that of another family of models.
type generation int

func generationOf(model string) generation {
	name, ok := strings.CutPrefix(model, "gemini-")
	if !ok {
		return 0
	}
	if strings.HasSuffix(name, "-latest") && (name[0] < '0' || name[0] > '9') {
		return newest
	}
	version, _, _ := strings.Cut(name, "-")
	whole, part, _ := strings.Cut(version, ".")
	major, err := strconv.ParseUint(whole, 10, 6)
	if err != nil {
		return 0
	}
	minor, _ := strconv.ParseUint(part, 10, 6)
	return generation(100*major + minor)
}
