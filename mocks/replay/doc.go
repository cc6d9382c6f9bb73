// Package replay records HTTP exchanges with a provider to files, and replays
// them without a network: tests of an application then run against what the
// provider really said.
//
//	transport, err := replay.Open("testdata/filing", replay.Config{Mode: mode})
//	...
//	defer transport.Close()
//	p, err := openai.New(openai.Config{APIKey: key, HTTPClient: &http.Client{Transport: transport}})
//
// With [Record] as the mode each exchange goes to the provider and into a file
// of its own; with [Replay], which is the default and needs no real key,
// nothing leaves the process.
//
// # Files
//
// A file is named by the order of the requests, the method and the path,
// 0001-post-v1-chat-completions.json, and holds one JSON object, with "request"
// and "response" beside "format", which is "exchange/1":
//
//	request   method, path (without host), query, headers, and a body
//	response  status, headers, and a body; "end" is "cut" when the connection
//	          broke in the middle, and "left" when the reader went away before
//	          the end. What reads on in either gets io.ErrUnexpectedEOF
//
// A body is "json", a text in "lines", each with its line break, or "base64".
// Streams have "delays_ms" as well when Config.Timing was set: what was waited
// before each line, in milliseconds. Files can be edited by hand; "body" with
// the whole text in one string is understood in place of the three. JSON comes
// back without the white space between its parts.
//
// # What is not recorded
//
// Of the headers only harmless ones are kept: content type, wait hints, rate
// limits and the API's version. Request IDs lose their value. Keys (from headers
// that are named like one, as Authorization, Api-Key and X-Goog-Api-Key are, and
// from the query), cookies, and the IDs of organisations, projects and requests
// that the headers name are replaced by "scrubbed" wherever they stand in the
// path, the query and the bodies, unless they are shorter than 8 bytes; so are
// what Config.Secrets lists, what looks like a key or such an ID, and the values
// of JSON fields with such a name. A body in which a secret can still be read,
// in base64 or in pieces over the events of a stream, is not recorded, which
// Close reports. Nothing is found in what is compressed, such as a PDF.
// Prompts and answers are recorded as they are: that is the purpose.
//
// # Matching
//
// A request is answered from the first file not yet used that has the same
// method, path, query (in any order) and body: JSON is compared by value, in
// which the order of keys and white space do not count. Hosts and headers do
// not count either. The same request recorded several times is answered in the
// order of the files. Anything else is a [MissError].
package replay
