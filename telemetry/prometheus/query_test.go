package aiprom_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// exported lists the labels of every metric there is, by the name of its
// samples.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	form := regexp.MustCompile(`fqName: "([^"]+)".*constLabels: \{([^}]*)\}, variableLabels: \{([^}]*)\}`)
	descs := make(chan *prometheus.Desc, 100)
	newCollector(t, aiprom.Config{}).Describe(descs)
	close(descs)
	metrics := make(map[string][]string)
	for d := range descs {
		m := form.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("%v is not understood", d)
		}
		labels := strings.FieldsFunc(m[3], func(r rune) bool { return r == ',' })
		if name, _, ok := strings.Cut(m[2], "="); ok {
			labels = append(labels, name)
		}
		if strings.HasSuffix(m[1], "_duration_seconds") || strings.HasSuffix(m[1], "_first_content_seconds") {
			metrics[m[1]+"_bucket"] = append(slices.Clone(labels), "le")
			metrics[m[1]+"_sum"], metrics[m[1]+"_count"] = labels, labels
			continue
		}
		metrics[m[1]] = labels
	}
	return metrics
}

var (
	selector = regexp.MustCompile(`\b(ai_\w+)(?:\{([^}]*)\})?(\[)?`)
	matcher  = regexp.MustCompile(`^\s*(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"\s*$`)
	grouping = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	// enumerated are the labels whose values are fixed.
	enumerated = map[string][]string{
		"state":   {"closed", "open", "half_open"},
		"mode":    {"automatic", "forced_open", "forced_closed", "disabled", "metrics_only"},
		"by":      {"breaker", "gate", "limit"},
		"outcome": {"ok", "failed", "canceled", "won", "lost"},
		"code":    {"ok"},
	}
)

// wrongIn says what a query asks for that is not exported.
func wrongIn(query string, metrics map[string][]string) (wrong []string) {
	known := []string{"instance", "job"}
	for _, s := range selector.FindAllStringSubmatch(query, -1) {
		name, matchers, ranged := s[1], s[2], s[3] != ""
		labels, ok := metrics[name]
		if !ok {
			wrong = append(wrong, "there is no "+name)
			continue
		}
		known = append(known, labels...)
		counter := regexp.MustCompile(`_(total|bucket|sum|count)$`).MatchString(name)
		if counter && !ranged {
			wrong = append(wrong, name+" is a counter and needs a rate")
		}
		if matchers == "" {
			continue
		}
		for m := range strings.SplitSeq(matchers, ",") {
			part := matcher.FindStringSubmatch(m)
			switch {
			case part == nil:
				wrong = append(wrong, fmt.Sprintf("%q is no matcher", m))
			case !slices.Contains(labels, part[1]):
				wrong = append(wrong, fmt.Sprintf("%s has no label %s", name, part[1]))
			case enumerated[part[1]] != nil && !slices.Contains(enumerated[part[1]], part[2]):
				wrong = append(wrong, fmt.Sprintf("%s is never %q", part[1], part[2]))
			}
		}
	}
	if !selector.MatchString(query) {
		wrong = append(wrong, "it asks for no metric")
	}
	for _, g := range grouping.FindAllStringSubmatch(query, -1) {
		for label := range strings.SplitSeq(g[1], ",") {
			if !slices.Contains(known, strings.TrimSpace(label)) {
				wrong = append(wrong, "nothing in it has a label "+strings.TrimSpace(label))
			}
		}
	}
	return wrong
}

func TestTheCheckOfQueriesFindsWhatIsWrong(t *testing.T) {
	metrics := exported(t)
	for query, want := range map[string]string{
		`sum by (kind) (rate(ai_calls_total{code!="ok"}[5m]))`:                     "",
		`histogram_quantile(0.9, rate(ai_call_duration_seconds_bucket[5m]))`:       "",
		`ai_circuit_state{state="open"} == 1`:                                      "",
		`rate(ai_call_total[5m])`:                                                  "there is no ai_call_total",
		`rate(ai_call_duration_seconds[5m])`:                                       "there is no ai_call_duration_seconds",
		`ai_calls_total`:                                                           "ai_calls_total is a counter and needs a rate",
		`ai_circuit_state{status="open"}`:                                          "ai_circuit_state has no label status",
		`ai_circuit_state{state="opened"}`:                                         `state is never "opened"`,
		`ai_circuit_state{circuit="a", state="half-open"}`:                         `state is never "half-open"`,
		`sum by (model) (rate(ai_calls_total[5m]))`:                                "nothing in it has a label model",
		`ai_circuit_window_failures and on (route) ai_circuit_state{state="open"}`: "nothing in it has a label route",
		`up == 0`: "it asks for no metric",
	} {
		if got := strings.Join(wrongIn(query, metrics), "; "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// queries returns every query in a JSON value, by where it stands.
func queries(value any, path string) map[string]string {
	found := make(map[string]string)
	switch v := value.(type) {
	case map[string]any:
		for key, field := range v {
			if query, ok := field.(string); ok && key == "expr" {
				found[path] = query
			}
			maps.Copy(found, queries(field, path+"/"+key))
		}
	case []any:
		for i, element := range v {
			maps.Copy(found, queries(element, fmt.Sprint(path, "/", i)))
		}
	}
	return found
}

func TestTheDashboardAsksForWhatIsExportedAndForAllOfIt(t *testing.T) {
	data, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard any
	if err := json.Unmarshal(data, &dashboard); err != nil {
		t.Fatal(err)
	}
	metrics, all := exported(t), ""
	for path, query := range queries(dashboard, "") {
		all += query + "\n"
		if wrong := wrongIn(query, metrics); wrong != nil {
			t.Errorf("%s: %s: %v", path, query, wrong)
		}
	}
	for name := range metrics {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if !regexp.MustCompile(`\b` + base).MatchString(all) {
			t.Errorf("nothing shows %s", name)
		}
	}
	variable := regexp.MustCompile(`label_values\((\w+), (\w+)\)`).FindSubmatch(data)
	if variable == nil || !slices.Contains(metrics[string(variable[1])], string(variable[2])) {
		t.Errorf("the dashboard's variable is %q", variable)
	}
}

func TestTheAlertsAskForWhatIsExported(t *testing.T) {
	data, err := os.ReadFile("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?s)expr: \|\n(.*?)\n +(?:for|labels):`).FindAllStringSubmatch(string(data), -1)
	if len(rules) != 3 {
		t.Fatalf("%d rules are found", len(rules))
	}
	for _, rule := range rules {
		if wrong := wrongIn(rule[1], exported(t)); wrong != nil {
			t.Errorf("%s: %v", rule[1], wrong)
		}
	}
}
