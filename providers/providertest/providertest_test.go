package providertest

import (
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnAdapterWithoutFlawsPasses(t *testing.T) {
	Run(t, Harness{New: newPlain(none), Write: writePlain, Lacks: []Ability{}})
}

// flaw is an obligation that an adapter breaks.
type flaw int

const (
	none flaw = iota
	acceptsAnyEnd
	acceptsNothing
	asksAtOnce
	believesHints
	changesText
	countsNothing
	dropsDocuments
	dropsHistory
	dropsImages
	dropsLimits
	dropsSchema
	dropsTools
	dropsZero
	eatsPanics
	followsRedirects
	forgetsStreamUsage
	forgetsUsage
	goesOn
	hasNoLimit
	holdsStreams
	ignoresContext
	ignoresHints
	ignoresLeaving
	keepsWireOrder
	keyInURL
	leavesBodies
	leavesGoroutines
	leavesStreams
	logs
	measuresNoImages
	mixesCallers
	modifies
	namesNoModel
	namesNoPlace
	noPlan
	noSpace
	numbersNoCalls
	ownTimeLimit
	panics
	plansOtherModel
	plansOtherSpace
	plansOverNetwork
	readsStatusOnly
	retries
	returnsNothing
	returnsPlainErrors
	roundsNumbers
	saysNormalized
	saysStop
	sendsForeignState
	setsFallback
	sharesVectors
	showsBodies
	showsKey
	skipsValidation
	waitsWithErrors
	wrapsLibraryErrors
	flaws // how many there are
)

func TestEveryFlawFailsTheChecksOfItsName(t *testing.T) {
	found := map[flaw][]string{
		acceptsAnyEnd:      {"Stream/AnEndWithoutAFinishReasonIsABadResponse", "Stream/AConnectionThatBreaksIsABadResponse"},
		acceptsNothing:     {"Text/AnAnswerWithoutTextIsABadResponse", "Errors/ASuccessThatIsNoAnswerIsABadResponse", "Errors/Refused_max_tokens", "ImageGeneration/AnAnswerWithoutImagesIsNone"},
		asksAtOnce:         {"Stream/TheServiceIsAskedWhenTheLoopBegins"},
		believesHints:      {"Errors/WaitHintsAreKeptWithinADay"},
		changesText:        {"Text/TheAnswerComesBackWhole"},
		countsNothing:      {"Embedding/TooFewVectorsAreABadResponse", "Embedding/NoVectorsAreABadResponse"},
		dropsDocuments:     {"Document/DocumentsReachTheServiceWithThePrompt", "Document/ADocumentByURLIsPassedOn"},
		dropsHistory:       {"Text/ThePromptInstructionAndHistoryReachTheServiceInOrder", "Image/ImagesOfEarlierTurnsReachTheService", "Tools/ResultsAreHandedBack", "Document/DocumentsOfEarlierTurnsReachTheService"},
		dropsImages:        {"Image/ImagesReachTheServiceWithThePrompt", "Image/AnImageByURLIsPassedOn", "Image/TheTypeOfAnImageReachesTheService"},
		dropsLimits:        {"Text/MaxTokensIsSent", "Text/StopTextsAreSent", "Text/AnEffortIsSent", "Embedding/DimensionsAreAskedFor", "Tools/ToolChoiceIsSent"},
		dropsSchema:        {"Schema/TheSchemaReachesTheService"},
		dropsTools:         {"Tools/ToolsAreDeclared"},
		dropsZero:          {"Text/ATemperatureOfZeroIsSent", "Text/ASeedOfZeroIsSent"},
		eatsPanics:         {"Stream/APanicOfTheLoopStaysTheLoops"},
		followsRedirects:   {"Secrets/TheKeyDoesNotFollowARedirectToAnotherHost"},
		forgetsStreamUsage: {"Stream/TheStreamedAnswerIsThatOfAnalyze"},
		forgetsUsage:       {"Text/UsageIsCounted"},
		goesOn:             {"Stream/TheStreamedAnswerIsThatOfAnalyze"},
		hasNoLimit:         {"Limits/ABodyWithoutAnEndIsABadResponse", "Limits/AStreamOfEmptyLinesWithoutAnEndIsABadResponse"},
		holdsStreams:       {"Stream/EachPieceArrivesWhenItIsSent"},
		ignoresContext:     {"Cancellation/CancellingEndsACallThatIsNotAnswered", "Cancellation/ADeadlineEndsTheCallAsATimeout", "Cancellation/AnEndedContextSendsNothing", "Cancellation/CancellingEndsAStream", "Cancellation/ADeadlineEndsAStreamAsATimeout", "Cancellation/CancellingEndsACallWhoseBodyHasBegun", "Cancellation/AnEndedContextStreamsNothing"},
		ignoresHints:       {"Errors/TheServicesOwnWaitHintIsKept", "Errors/TheHeaderRetryAfterIsRead"},
		ignoresLeaving:     {"Stream/LeavingTheLoopFreesEverything"},
		keepsWireOrder:     {"Embedding/EachInputGetsItsVectorInOrder", "Embedding/ManyInputsAreAllAnswered"},
		keyInURL:           {"Secrets/TheKeyIsSentInAHeaderOnly"},
		leavesBodies:       {"Concurrency/ConnectionsAreUsedAgain"},
		leavesGoroutines:   {"Stream/TheStreamedAnswerIsThatOfAnalyze"},
		leavesStreams:      {"Stream/LeavingTheLoopFreesEverything"},
		logs:               {"Secrets/NothingIsLogged"},
		measuresNoImages:   {"ImageGeneration/TheImageComesBack"},
		mixesCallers:       {"Concurrency/EachOfAThousandCallersGetsItsOwnAnswer"},
		modifies:           {"Text/TheRequestIsNotModified"},
		namesNoModel:       {"Text/TheAnswerSaysWhereItComesFrom"},
		namesNoPlace:       {"Errors/AnErrorSaysWhereItHappened"},
		noPlan:             {"Plan/TheAdapterPlansExactlyWhenItSaysSo", "Stream/TheAdapterStreamsExactlyWhenItSaysSo"},
		noSpace:            {"Embedding/TheSpaceIsNamed"},
		numbersNoCalls:     {"Tools/ToolCallsComeBack"},
		ownTimeLimit:       {"Cancellation/TheAdapterHasNoTimeLimitOfItsOwn"},
		panics:             {"Text/TheAnswerComesBackWhole", "Stream/TheStreamedAnswerIsThatOfAnalyze"},
		plansOtherModel:    {"Plan/PlanNamesTheModelThatIsAsked"},
		plansOtherSpace:    {"Plan/PlanNamesTheSpaceOfTheAnswer"},
		plansOverNetwork:   {"Plan/PlanMakesNoCallAndModifiesNothing"},
		readsStatusOnly:    {"Errors/Refused_quota_exhausted", "Errors/Refused_context_length"},
		retries:            {"Errors/NothingIsTriedAgain"},
		returnsNothing:     {"Errors/ASuccessThatIsNoAnswerIsABadResponse"},
		returnsPlainErrors: {"Errors/AConnectionRefusedIsUnavailable", "Errors/AConnectionBrokenBeforeTheAnswerIsUnavailable", "Errors/ATimeLimitOfTheHTTPClientIsATimeout", "Errors/ABodyCutShortIsABadResponse"},
		roundsNumbers:      {"Tools/LargeIntegersKeepTheirDigits"},
		saysNormalized:     {"Embedding/NormalizedVectorsHaveLength1"},
		saysStop:           {"Text/AnAnswerCutByTheTokenLimitSaysSo", "Stream/AnAnswerCutByTheTokenLimitSaysSo"},
		sendsForeignState:  {"Tools/AConversationBegunWithAnotherProviderGoesOn"},
		setsFallback:       {"Text/TheAnswerComesBackWhole"},
		sharesVectors:      {"Embedding/VectorsAreTheCallersOwn"},
		showsBodies:        {"Secrets/NoErrorShowsTheKeyThePromptOrTheServicesWords"},
		showsKey:           {"Secrets/ThePrintedAdapterShowsNoKey"},
		skipsValidation:    {"Text/AnInvalidRequestIsRefusedWithoutACall", "Stream/AnInvalidRequestIsRefusedWithoutACall"},
		waitsWithErrors:    {"Stream/AnErrorWithinTheStreamHasItsCodeAtOnce"},
		wrapsLibraryErrors: {"Secrets/NoErrorShowsWhatTheTransportKnows"},
	}
	for f := none + 1; f < flaws; f++ {
		if len(found[f]) == 0 {
			t.Errorf("flaw %d is not found by any check", f)
		}
		for _, name := range found[f] {
			c := named(t, name)
			if !fails(t, Harness{New: newPlain(f), Write: writePlain, flood: 32 << 20}, c) {
				t.Errorf("an adapter with flaw %d passes %s", f, name)
			}
		}
	}
}

func TestWhatAnAdapterLacksItMustRefuse(t *testing.T) {
	for _, c := range unsupportedChecks() {
		if !fails(t, Harness{New: newPlain(none), Write: writePlain, Lacks: []Ability{c.without}}, c) {
			t.Errorf("an adapter that answers what it lacks passes %s", c.name)
		}
	}
}

func TestAServiceThatCannotSaySomethingIsNotFailedForIt(t *testing.T) {
	silent := Harness{New: newPlain(none), Write: func(*http.Request, Answer) Reply { return Reply{} }}
	for _, c := range refusalChecks() {
		if fails(t, silent, c) {
			t.Errorf("%s fails", c.name)
		}
	}
}

// named returns the check of that name.
func named(t *testing.T, name string) check {
	for _, concern := range concerns() {
		i := slices.IndexFunc(concern.checks, func(c check) bool { return concern.name+"/"+c.name == name })
		if i >= 0 {
			return concern.checks[i]
		}
	}
	t.Fatalf("there is no check %s", name)
	return check{}
}

func TestNoTwoChecksHaveOneName(t *testing.T) {
	seen := map[string]bool{}
	for _, concern := range concerns() {
		for _, c := range concern.checks {
			if seen[concern.name+c.name] {
				t.Errorf("%s/%s is there twice", concern.name, c.name)
			}
			seen[concern.name+c.name] = true
		}
	}
}

// fails reports whether an adapter fails a check.
func fails(t *testing.T, h Harness, c check) bool {
	var r *recorder
	synctest.Test(t, func(t *testing.T) {
		r = &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			play(r, h, c)
		}()
		<-done
		<-time.After(1000 * time.Hour) // what a flawed adapter left has ended by then
	})
	return r.failed.Load()
}

// recorder is a testing.TB that takes note of failures.
type recorder struct {
	testing.TB
	failed atomic.Bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed.Store(true) }
func (r *recorder) Fatal(...any)          { r.Fatalf("") }
func (r *recorder) Skip(...any)           { runtime.Goexit() }

func (r *recorder) Fatalf(string, ...any) {
	r.failed.Store(true)
	runtime.Goexit()
}
