package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

const usage = `Usage: quickstart [-ask QUESTION] [-image FILE] [-embed] [-json] [FILE…]
       quickstart -drill

Asks AI providers about each FILE, a text or an image; without a FILE, about a
page of a company's filing and a chart that come with the example.

  -ask QUESTION  ask this instead of the example's own question
  -image FILE    an image to ask about; may be given several times
  -embed         embed the texts and compare them: one vector per FILE, or one
                 per paragraph of the filing
  -json          print each answer as JSON, one object per line
  -drill         play an outage against two emulated providers: about 20 seconds

OPENAI_API_KEY and GEMINI_API_KEY choose the services. Without either, two
emulations on loopback answer. NO_COLOR=1 turns colour off.
`

// options is what the command line asks for.
type options struct {
	files    []file
	question string
	embed    bool
	drill    bool
	json     bool
}

// file is a file named on the command line.
type file struct {
	path  string
	image bool // named with -image: nothing else will do
}

// parse reads the command line. Flags may stand before, between and behind the
// files. The error names the wrong flag, or is flag.ErrHelp.
func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.question, "ask", "", "")
	f.BoolVar(&o.embed, "embed", false, "")
	f.BoolVar(&o.drill, "drill", false, "")
	f.BoolVar(&o.json, "json", false, "")
	images := 0
	f.Func("image", "", func(path string) error {
		if path == "" {
			return errors.New("the name is empty")
		}
		images++
		o.files = append(o.files, file{path: path, image: true})
		return nil
	})
	for {
		if err := f.Parse(args); err != nil {
			return options{}, err
		}
		if f.NArg() == 0 {
			break
		}
		o.files = append(o.files, file{path: f.Arg(0)})
		args = f.Args()[1:]
	}
	switch {
	case o.drill && len(o.files) > 0:
		return options{}, fmt.Errorf("-drill asks its own questions: %s cannot be given", o.files[0].path)
	case o.drill && (o.embed || o.json || o.question != ""):
		return options{}, errors.New("-drill goes with no other flag")
	case o.embed && images > 0:
		return options{}, errors.New("-embed is for texts: -image cannot be given")
	case o.embed && o.question != "":
		return options{}, errors.New("-embed asks no question: -ask cannot be given")
	}
	return o, nil
}
