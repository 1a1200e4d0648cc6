package peers;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.convertors.factory.VersionConvertorFactory_40_50;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r5.context.SimpleWorkerContext;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.Manager;
import org.hl7.fhir.r5.formats.IParser.OutputStyle;
import org.hl7.fhir.r5.model.Base;
import org.hl7.fhir.r5.model.Coding;
import org.hl7.fhir.r5.model.Parameters;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.model.StructureMap;
import org.hl7.fhir.r5.conformance.profile.ProfileUtilities;
import org.hl7.fhir.r5.utils.structuremap.ITransformerServices;
import org.hl7.fhir.r5.utils.structuremap.StructureMapUtilities;
import org.hl7.fhir.utilities.settings.FhirSettings;

/**
 * The official mapping engine on the documents of a folder (tests/peers/maps.cpp made it): reads its
 * maps, models, tasks and sources, and writes {@code theirs/NAME.json} for each task: from and to
 * (the instants between which it ran) and made, or error. What was made is kept under the hash of the
 * source and of the world: the maps, the models, the versions.
 *
 * <pre>Mapper CACHE WORLD_KEY FOLDER</pre>
 */
public final class Mapper {
    /** Part of every cache key: raise it when something below changes what is made. */
    private static final String SETTINGS = "2";
    private static final List<String> CORE = List.of("profile/profiles-types.xml", "profile/profiles-resources.xml",
            "valueset/valuesets.xml", "valueset/v3-codesystems.xml", "valueset/v2-tables.xml");
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final Path folder;
    private SimpleWorkerContext context;
    private StructureMapUtilities engine;

    private Mapper(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws IOException {
        FhirSettings.setProhibitNetworkAccess(true);
        Path cache = Path.of(arguments[0], Judge.digest((arguments[1] + SETTINGS).getBytes(StandardCharsets.UTF_8))
                .substring(0, 16));
        Mapper mapper = new Mapper(Path.of(arguments[2]));
        Files.createDirectories(cache);
        Files.createDirectories(mapper.folder.resolve("theirs"));
        int fresh = 0;
        List<String> tasks = Files.readAllLines(mapper.folder.resolve("tasks"));
        for (String line : tasks) {
            String[] task = line.split("\t");
            byte[] source = Files.readAllBytes(mapper.folder.resolve("sources").resolve(task[0] + ".json"));
            Path kept = cache.resolve(task[1].substring(task[1].lastIndexOf('/') + 1) + "."
                    + Judge.digest(source) + ".json");
            Path answer = mapper.folder.resolve("theirs").resolve(task[0] + ".json");
            if (Files.exists(kept)) {
                Files.copy(kept, answer);
                continue;
            }
            ++fresh;
            JsonObject made = mapper.map(task[1], task[2], task[3], source);
            Files.writeString(answer, GSON.toJson(made));
            if (made.has("made")) {
                Path part = cache.resolve(kept.getFileName() + ".part");
                Files.copy(answer, part, StandardCopyOption.REPLACE_EXISTING);
                Files.move(part, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        System.err.printf("  official engine: %d documents (%d new)%n", tasks.size(), fresh);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.sorted().toList();
        }
    }

    private JsonObject map(String map, String model, String target, byte[] text) throws IOException {
        open();
        JsonObject answer = new JsonObject();
        try {
            var parser = new org.hl7.fhir.r5.elementmodel.JsonParser(context);
            if (!model.equals("-")) {
                parser.setLogical(context.fetchResource(StructureDefinition.class, model));
            }
            Element source = parser.parseSingle(new ByteArrayInputStream(text), null);
            Element made = Manager.build(context, context.fetchTypeDefinition(target));
            // To the second: an engine may write its time without the fraction.
            answer.addProperty("from", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            engine.transform(null, source, context.fetchResource(StructureMap.class, map), made);
            answer.addProperty("to", Instant.now().plusSeconds(1).toString());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            new org.hl7.fhir.r5.elementmodel.JsonParser(context).compose(made, out, OutputStyle.NORMAL, null);
            answer.add("made", JsonParser.parseString(out.toString(StandardCharsets.UTF_8)));
        } catch (Exception | Error problem) {
            if (System.getenv("TSUNAGI_PEERS_TRACE") != null) {
                problem.printStackTrace();
            }
            answer.addProperty("error", problem.toString());
        }
        return answer;
    }

    /** R4's definitions and code systems, our models and code systems, our maps. */
    private void open() throws IOException {
        if (engine != null) {
            return;
        }
        SimpleWorkerContext fresh = new SimpleWorkerContext.SimpleWorkerContextBuilder().fromNothing();
        fresh.setAllowLoadingDuplicates(true);
        fresh.setCanRunWithoutTerminology(true);
        fresh.setNoTerminologyServer(true);
        fresh.setExpansionParameters(new Parameters());
        for (String file : CORE) {
            try (InputStream in = Mapper.class.getResourceAsStream("/org/hl7/fhir/r4/model/" + file)) {
                var bundle = (org.hl7.fhir.r4.model.Bundle) new org.hl7.fhir.r4.formats.XmlParser().parse(in);
                for (var entry : bundle.getEntry()) {
                    add(fresh, entry.getResource());
                }
            }
        }
        for (String each : List.of("models", "terminology")) {
            for (Path file : files(folder.resolve(each))) {
                add(fresh, new org.hl7.fhir.r4.formats.JsonParser().parse(Files.readAllBytes(file)));
            }
        }
        StructureMapUtilities utilities = new StructureMapUtilities(fresh, new Services(fresh));
        for (Path file : files(folder.resolve("maps"))) {
            try {
                fresh.cacheResource(utilities.parse(Files.readString(file), file.getFileName().toString()));
            } catch (FHIRException problem) {
                System.err.println("  the official engine cannot read " + file.getFileName() + ": " + problem.getMessage());
            }
        }
        context = fresh;
        engine = utilities;
    }

    private static void add(SimpleWorkerContext context, org.hl7.fhir.r4.model.Resource resource) {
        switch (resource.fhirType()) {
            case "StructureDefinition", "CodeSystem" ->
                    context.cacheResource(VersionConvertorFactory_40_50.convertResource(resource));
            default -> { }
        }
    }

    /** What the engine asks of the program around it: types are those of the context, R4's and ours. */
    private record Services(SimpleWorkerContext context) implements ITransformerServices {
        @Override
        public void log(String message) {}

        @Override
        public Base createType(Object appInfo, String name, ProfileUtilities profileUtilities) {
            return Manager.build(context, context.fetchTypeDefinition(name), profileUtilities);
        }

        @Override
        public Base createResource(Object appInfo, Base resource, boolean atRoot) {
            return resource;
        }

        @Override
        public Coding translate(Object appInfo, Coding source, String conceptMapUrl) {
            throw new UnsupportedOperationException("no concept map " + conceptMapUrl);
        }

        @Override
        public Base resolveReference(Object appInfo, String url) {
            throw new UnsupportedOperationException("no reference is resolved");
        }

        @Override
        public List<Base> performSearch(Object appInfo, String url) {
            throw new UnsupportedOperationException("nothing is searched");
        }
    }
}
