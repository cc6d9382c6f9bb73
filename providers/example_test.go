package providers_test

import (
	"fmt"
	"os"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers"
)

func ExampleOpen() {
	env := map[string]string{"OPENAI_API_KEY": "key", "GEMINI_API_KEY": "key"} // here; else the environment
	opener := providers.Opener{LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}

	list, err := opener.Open("openai:gpt-5.5,gemini:gemini-3-flash,local=ollama:llama3.2")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := ai.New(list.Option())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for _, p := range list {
		fmt.Println(p.Route)
	}
	// Output:
	// openai
	// gemini
	// local
}

func ExampleFromEnv() {
	_ = os.Setenv(providers.Variable, "ollama:llama3.2") // here; else the application's surroundings
	defer func() { _ = os.Unsetenv(providers.Variable) }()

	list, err := providers.FromEnv()
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := ai.New(list.Option())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.Breaker("ollama", ai.KindText).Name())
	// Output: ollama/text
}
