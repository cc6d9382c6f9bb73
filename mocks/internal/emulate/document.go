package emulate

import "fmt"

// Document is a PDF as it came: its bytes, or only its address.
type Document struct {
	Data []byte
	URL  string
}

// describe tells what can be told without reading a PDF.
func (d Document) describe() string {
	if d.URL != "" {
		return "A document given by its address, which the emulation does not open."
	}
	return fmt.Sprintf("A PDF document of %d bytes.", len(d.Data))
}
