package mocks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

type geminiContent struct {
	Role  string       `json:"role,omitempty"`
	Parts []geminiPart `json:"parts,omitempty"`
}

type geminiPart struct {
	Text             string                  `json:"text,omitempty"`
	Thought          bool                    `json:"thought,omitempty"`
	ThoughtSignature string                  `json:"thoughtSignature,omitempty"`
	InlineData       *geminiBlob             `json:"inlineData,omitempty"`
	FileData         *geminiFile             `json:"fileData,omitempty"`
	FunctionCall     *geminiFunctionCall     `json:"functionCall,omitempty"`
	FunctionResponse *geminiFunctionResponse `json:"functionResponse,omitempty"`
}

type geminiBlob struct {
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"`
}

type geminiFile struct {
	MIMEType string `json:"mimeType,omitempty"`
	FileURI  string `json:"fileUri"`
}

type geminiFunctionCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
}

type geminiFunctionResponse struct {
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response"`
}

type geminiGenerateRequest struct {
	Contents          []geminiContent `json:"contents"`
	SystemInstruction geminiContent   `json:"systemInstruction"`
	GenerationConfig  geminiConfig    `json:"generationConfig"`
	Tools             []struct {
		FunctionDeclarations []geminiDeclaration `json:"functionDeclarations"`
	} `json:"tools"`
	ToolConfig struct {
		FunctionCallingConfig struct {
			Mode                 string   `json:"mode"`
			AllowedFunctionNames []string `json:"allowedFunctionNames"`
		} `json:"functionCallingConfig"`
	} `json:"toolConfig"`
}

type geminiConfig struct {
	MaxOutputTokens    int             `json:"maxOutputTokens"`
	Temperature        float64         `json:"temperature"`
	StopSequences      []string        `json:"stopSequences"`
	ResponseMIMEType   string          `json:"responseMimeType"`
	ResponseSchema     json.RawMessage `json:"responseSchema"`
	ResponseJSONSchema json.RawMessage `json:"responseJsonSchema"`
	ResponseModalities []string        `json:"responseModalities"`
}

type geminiDeclaration struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
	JSONSchema json.RawMessage `json:"parametersJsonSchema"`
}

func (q *question) readGenerate(body []byte) *problem {
	var req geminiGenerateRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return wrong("", "The body is not the JSON of a GenerateContentRequest.")
	}
	config := req.GenerationConfig
	switch {
	case len(req.Contents) == 0:
		return wrong("", "GenerateContentRequest.contents is empty.")
	case config.Temperature < 0 || config.Temperature > 2:
		return wrong("", "generation_config.temperature is not from 0 to 2.")
	case config.MaxOutputTokens < 0:
		return wrong("", "generation_config.max_output_tokens is negative.")
	}
	q.ask.MaxTokens, q.ask.Stop = config.MaxOutputTokens, config.StopSequences
	for _, part := range req.SystemInstruction.Parts {
		q.ask.ContextTokens += emulate.Tokens(part.Text)
	}
	if p := q.readGeminiSchema(config); p != nil {
		return p
	}
	if p := q.forceGemini(req); p != nil {
		return p
	}
	if p := q.readContents(req.Contents); p != nil {
		return p
	}
	if slices.ContainsFunc(config.ResponseModalities, func(m string) bool { return strings.EqualFold(m, "IMAGE") }) {
		q.kind = ai.KindImageGeneration
		q.picture = picture{prompt: q.ask.Prompt, count: 1, width: 1024, height: 1024, mediaType: "image/png"}
		q.ask.Prompt = ""
	}
	return nil
}

// readGeminiSchema reads the schema in either dialect.
func (q *question) readGeminiSchema(config geminiConfig) *problem {
	schemas := 0
	for _, schema := range [...]json.RawMessage{config.ResponseSchema, config.ResponseJSONSchema} {
		if len(schema) > 0 {
			q.schema = schema
			schemas++
		}
	}
	switch {
	case schemas > 1:
		return wrong("", "generation_config.response_schema and response_json_schema are both set.")
	case schemas == 1 && config.ResponseMIMEType != "application/json" && config.ResponseMIMEType != "text/x.enum":
		return wrong("", "A response schema needs generation_config.response_mime_type application/json.")
	case schemas == 0 && config.ResponseMIMEType == "application/json":
		q.schema = json.RawMessage("{}")
	}
	return nil
}

// forceGemini finds the tool that must be called.
func (q *question) forceGemini(req geminiGenerateRequest) *problem {
	var tools []tool
	for _, t := range req.Tools {
		for _, d := range t.FunctionDeclarations {
			switch {
			case d.Name == "":
				return wrong("", "A function declaration has no name.")
			case len(d.Parameters) > 0 && len(d.JSONSchema) > 0:
				return wrong("", "parameters and parameters_json_schema are both set.")
			}
			tools = append(tools, tool{d.Name, slices.Concat(d.Parameters, d.JSONSchema)})
		}
	}
	config := req.ToolConfig.FunctionCallingConfig
	switch config.Mode {
	case "", "MODE_UNSPECIFIED", "AUTO", "NONE", "VALIDATED":
		return nil
	case "ANY":
	default:
		return wrong("", "tool_config.function_calling_config.mode is not one there is.")
	}
	for i := range tools {
		if len(config.AllowedFunctionNames) == 0 || slices.Contains(config.AllowedFunctionNames, tools[i].name) {
			q.forced = &tools[i]
			return nil
		}
	}
	return wrong("", "tool_config.function_calling_config allows no function that is declared.")
}

func (q *question) readContents(contents []geminiContent) *problem {
	last := 0 // the user's turn to answer
	calls := 0
	for i, c := range contents {
		results := 0
		for _, part := range c.Parts {
			if part.FunctionResponse != nil {
				results++
			}
		}
		switch {
		case c.Role != "" && c.Role != "user" && c.Role != "model" && c.Role != "function":
			return wrong("", fmt.Sprintf("contents[%d].role is not one there is.", i))
		case len(c.Parts) == 0:
			return wrong("", fmt.Sprintf("contents[%d].parts is empty.", i))
		case results != calls:
			return wrong("", "Please ensure that the number of function response parts is equal to the number of "+
				"function call parts of the function call turn.")
		}
		calls = 0
		for _, part := range c.Parts {
			if part.FunctionCall != nil {
				calls++
			}
		}
		if c.Role != "model" {
			last = i
		}
	}
	for i, c := range contents {
		for j, part := range c.Parts {
			if !q.readGeminiPart(part, i == last) {
				return wrong("", fmt.Sprintf("contents[%d].parts[%d] holds no data that can be read.", i, j))
			}
		}
	}
	return nil
}

// readGeminiPart takes a part for part of the question or, in an earlier turn,
// for context. Images and documents are looked at wherever they stand.
func (q *question) readGeminiPart(part geminiPart, asks bool) bool {
	switch {
	case part.InlineData != nil:
		data, err := base64.StdEncoding.DecodeString(part.InlineData.Data)
		return err == nil && len(data) > 0 && q.look(part.InlineData.MIMEType, data, "")
	case part.FileData != nil:
		return part.FileData.FileURI != "" && q.look(part.FileData.MIMEType, nil, part.FileData.FileURI)
	case part.FunctionCall != nil:
		q.ask.ContextTokens += emulate.Tokens(string(part.FunctionCall.Args))
		return part.FunctionCall.Name != ""
	case part.FunctionResponse != nil:
		q.say(string(part.FunctionResponse.Response), asks)
		return part.FunctionResponse.Name != ""
	case part.Text == "":
		return part.ThoughtSignature != ""
	}
	q.say(part.Text, asks)
	return true
}

// look adds an image or a PDF, given as bytes or by its address. An address
// without a media type is taken for an image's.
func (q *question) look(mediaType string, data []byte, address string) bool {
	switch {
	case mediaType == "application/pdf":
		q.ask.Documents = append(q.ask.Documents, emulate.Document{Data: data, URL: address})
	case strings.HasPrefix(mediaType, "image/"), mediaType == "" && address != "":
		q.ask.Images = append(q.ask.Images, emulate.Image{Data: data, URL: address})
		q.kind = ai.KindImage
	default:
		return false
	}
	return true
}
