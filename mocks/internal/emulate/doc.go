// Package emulate makes the answers of the fake providers out of what they
// were asked: an extractive summary of a text, the size and the main colours
// of an image, an embedding in which similar texts are near.
//
// Everything here is a pure function of its input: the same question gets the
// same answer, run after run. Nothing opens a file or an address.
package emulate
