// Package providers opens providers by their names, so that an application
// swaps them by changing one string:
//
//	list, err := providers.Open("openai:gpt-5.5,gemini:gemini-3-flash")
//	…
//	client, err := ai.New(list.Option(), ai.WithCache(…))
//
// # The string
//
// It names providers in the order of preference, with commas between them:
//
//	list     = provider { "," provider }
//	provider = [ route "=" ] service [ ":" model ] [ "?" settings ]
//
// The service is one of:
//
//	openai      OpenAI; the key is in OPENAI_API_KEY
//	gemini      Google's Gemini API; GEMINI_API_KEY, else GOOGLE_API_KEY
//	azure       Azure OpenAI; AZURE_OPENAI_API_KEY, and its address in
//	            AZURE_OPENAI_ENDPOINT unless url says it; models are deployments
//	ollama      an Ollama server, at http://localhost:11434/v1 unless url says
//	            otherwise; no key
//	compatible  any other server that speaks OpenAI's interface, at url; no key
//	            unless key names one
//
// The route is the provider's name in answers, logs and circuits; without one
// it is the service's. The model answers texts and image requests. The settings
// are written like the query of an address ("?embedding=bge-m3&url=http://gpu1:8000/v1"):
// a comma, "&", "%" or "+" within a value is escaped (%2C, %26, %25, %2B).
//
//	text, image, embedding, image_generation
//	            the model for requests of that kind
//	alias.NAME  the model meant by a request for the model NAME ("alias.fast")
//	kinds       what the provider may be asked for, in place of all it can do:
//	            "text+embedding"
//	url         the address of the service
//	version     the API version, of azure ("2024-10-21") and gemini
//	api         the interface that answers texts and images, of all but gemini:
//	            "chat" or "responses" (openai.Config.API says when to leave it out)
//	key         the environment variable that holds the key, never the key itself
//	vendor      whose embedding models answer (ai.Space)
//
// Models that azure, ollama and compatible servers are not told of they are not
// asked for: without embedding= such a provider embeds nothing.
package providers
