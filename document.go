package ai

import "bytes"

// MaxDocumentBytes is the largest document accepted as bytes: 50 MiB, what
// OpenAI and Gemini take at most. A provider may take less and say too_large.
const MaxDocumentBytes = 50 << 20

// pdf is the one media type of documents.
const pdf = "application/pdf"

// pdfStart is how many bytes a PDF's mark must lie within, as for Adobe's
// readers (PDF Reference 1.7, appendix H).
const pdfStart = 1024

// Document is a PDF, either as bytes or by URL.
type Document struct {
	// Data is the PDF itself, at most MaxDocumentBytes.
	Data []byte
	// URL is where the provider finds the document (http or https). This SDK
	// never fetches it: it is passed on, and a provider that cannot fetch
	// answers CodeUnsupported.
	URL string
	// Name is the file's name as the model is to see it; empty is
	// "document.pdf".
	Name string
	// Immutable says that URL will always show this very document. Only then
	// are answers about it cached.
	Immutable bool
}

// DocumentBytes returns a document given by its bytes.
func DocumentBytes(data []byte) Document { return Document{Data: data} }

// DocumentURL returns a document given by its address.
func DocumentURL(address string) Document { return Document{URL: address} }

// Type returns the document's media type: "application/pdf".
func (d Document) Type() string { return pdf }

// check returns the name of the wrong field within the document and what is
// wrong.
func (d Document) check() (code Code, field, detail string) {
	if code, field, detail = checkPlace(d.Data, d.URL); code != "" {
		return code, field, detail
	}
	switch {
	case len(d.Data) > MaxDocumentBytes:
		return CodeTooLarge, ".Data", "is over the limit of 50 MiB"
	case d.URL == "" && !bytes.Contains(d.Data[:min(len(d.Data), pdfStart)], []byte("%PDF-")):
		return CodeInvalidRequest, ".Data", "is no PDF"
	}
	return "", "", ""
}
