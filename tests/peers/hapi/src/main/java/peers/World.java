package peers;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.NpmPackageValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.ElementDefinition;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.hl7.fhir.utilities.settings.FhirSettings;

/**
 * The official validator with everything that decides a verdict pinned: R4 core, the packages given,
 * no network. Each setting and its reason: tests/peers/README.md.
 */
final class World {
    /** Part of every cache key: raise it when a setting below changes. */
    static final String SETTINGS = "3";

    private static final String E_REFERRAL =
            "http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_eReferral";

    private World() {}

    /** {@code packages} are names of .tgz files on the class path; {@code folders} hold resources. */
    static FhirValidator open(List<String> packages, List<Path> folders) throws IOException {
        FhirSettings.setProhibitNetworkAccess(true);
        FhirContext context = FhirContext.forR4Cached();
        context.setParserErrorHandler(new LenientErrorHandler(false));

        NpmPackageValidationSupport supplied = new NpmPackageValidationSupport(context);
        for (String name : packages) {
            supplied.loadPackageFromClasspath("classpath:" + name);
        }
        sayWithoutReslicing(supplied.fetchStructureDefinition(E_REFERRAL));
        for (Path folder : folders) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                    supplied.addResource(context.newJsonParser().parseResource(Files.readString(file)));
                }
            }
        }

        InMemoryTerminologyServerValidationSupport terminology =
                new InMemoryTerminologyServerValidationSupport(context);
        terminology.setIssueSeverityForCodeDisplayMismatch(IssueSeverity.INFORMATION);
        UnknownCodeSystemWarningValidationSupport unknown =
                new UnknownCodeSystemWarningValidationSupport(context);
        unknown.setNonExistentCodeSystemSeverity(IssueSeverity.INFORMATION);

        ValidationSupportChain chain = new ValidationSupportChain(
                new DefaultProfileValidationSupport(context),
                supplied,
                new CommonCodeSystemsTerminologyService(context),
                terminology,
                unknown,
                new SnapshotGeneratingValidationSupport(context));

        FhirInstanceValidator module = new FhirInstanceValidator(chain);
        module.setAnyExtensionsAllowed(true);
        module.setErrorForUnknownProfiles(false);
        module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Hint);
        module.setNoExtensibleWarnings(false);
        module.setNoTerminologyChecks(false);
        module.setAllowExamples(true);
        module.setAssumeValidRestReferences(true);

        FhirValidator validator = context.newValidator();
        validator.setValidateAgainstStandardSchema(false);
        validator.setValidateAgainstStandardSchematron(false);
        validator.registerValidatorModule(module);
        return validator;
    }

    /**
     * The official validator gives up on a slice that is sliced again ("Slice encountered midway
     * through set"), whatever the Bundle holds. The slice within a slice of this profile is optional,
     * unlimited and says one thing, which laboratory results say by their own claim: the type of the
     * resource. So the profile is told without it.
     */
    private static void sayWithoutReslicing(IBaseResource profile) {
        if (!(profile instanceof StructureDefinition eReferral)) {
            return;
        }
        List<ElementDefinition> elements = eReferral.getSnapshot().getElement();
        elements.removeIf(element -> element.getId().contains(":observation/laboratory"));
        for (ElementDefinition element : elements) {
            if (element.hasSliceName() && element.hasSlicing()) {
                element.setSlicing(null);
            }
        }
    }
}
