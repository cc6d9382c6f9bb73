package mocks

import (
	"encoding/json"
	"net/http"
)

type geminiPredictRequest struct {
	Instances []struct {
		Prompt string `json:"prompt"`
	} `json:"instances"`
	Parameters struct {
		SampleCount   *int `json:"sampleCount"`
		OutputOptions struct {
			MIMEType string `json:"mimeType"`
		} `json:"outputOptions"`
	} `json:"parameters"`
}

// readPredict reads a call for images of an Imagen model
// (https://ai.google.dev/gemini-api/docs/imagen).
func (q *question) readPredict(body []byte) *problem {
	q.gemini.predict = true
	var req geminiPredictRequest
	err := json.Unmarshal(body, &req)
	count := req.Parameters.SampleCount
	switch {
	case err != nil:
		return wrong("", "The body is not the JSON of a PredictRequest.")
	case len(req.Instances) != 1 || req.Instances[0].Prompt == "":
		return wrong("", "PredictRequest.instances is not one prompt.")
	case count != nil && (*count < 1 || *count > 4):
		return wrong("", "parameters.sampleCount is not from 1 to 4.")
	}
	q.picture = picture{prompt: req.Instances[0].Prompt, count: 4, width: 1024, height: 1024}
	q.picture.mediaType = req.Parameters.OutputOptions.MIMEType
	if count != nil {
		q.picture.count = *count
	}
	return nil
}

type geminiPrediction struct {
	MIMEType string `json:"mimeType"`
	Data     []byte `json:"bytesBase64Encoded"`
}

// predictions writes images as an Imagen model does.
func predictions(a said) reply {
	list := make([]geminiPrediction, len(a.images))
	for i, m := range a.images {
		list[i] = geminiPrediction{m.MediaType, m.Data}
	}
	return marshal(http.StatusOK, googleJSON, struct {
		Predictions []geminiPrediction `json:"predictions"`
	}{list})
}
