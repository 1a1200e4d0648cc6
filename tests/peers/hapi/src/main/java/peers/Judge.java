package peers;

import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Reads "WORLD tab PROFILE tab FILE" lines from standard input and writes one JSON line for each, in
 * order: file and verdict (valid, issues: severity, code, expression, message). World "own" knows R4
 * and the folders given, world "jp" the packages too. PROFILE "-" is none but those that the file
 * claims. A verdict once given is kept under the hash of the
 * file's bytes and of the world, so that a run can be cut short and taken up again.
 *
 * <pre>Judge CACHE WORLD_KEY [--package NAME]... [--folder DIR]... [--time ROUNDS]</pre>
 *
 * --time: instead of verdicts, "FILE tab median nanoseconds of a warm validation".
 */
public final class Judge {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final Path cache;
    private final List<String> packages = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();
    private final Map<String, FhirValidator> validators = new HashMap<>();
    private int fresh;

    private Judge(Path cache) {
        this.cache = cache;
    }

    public static void main(String[] arguments) throws IOException {
        int rounds = 0;
        Judge judge = new Judge(Path.of(arguments[0], digest((arguments[1] + World.SETTINGS).getBytes(
                StandardCharsets.UTF_8)).substring(0, 16)));
        for (int i = 2; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--package" -> judge.packages.add(arguments[i + 1]);
                case "--folder" -> judge.folders.add(Path.of(arguments[i + 1]));
                case "--time" -> rounds = Integer.parseInt(arguments[i + 1]);
                default -> throw new IllegalArgumentException(arguments[i]);
            }
        }
        List<String> files;
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            files = in.lines().filter(line -> !line.isBlank()).toList();
        }
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        if (rounds > 0) {
            judge.time(files, rounds, out);
        } else {
            judge.run(files, out);
        }
        out.flush();
    }

    private void run(List<String> files, PrintStream out) throws IOException {
        Files.createDirectories(cache);
        long start = System.nanoTime();
        long told = start;
        int done = 0;
        for (String task : files) {
            String[] parts = task.split("\t");
            JsonObject line = new JsonObject();
            line.addProperty("file", parts[2]);
            line.add("verdict", verdict(parts[0], parts[1], Path.of(parts[2])));
            out.println(GSON.toJson(line));
            ++done;
            long now = System.nanoTime();
            if (now - told > 5_000_000_000L || done == files.size()) {
                told = now;
                System.err.printf("  HAPI %d/%d (%d new), %d s%n", done, files.size(), fresh,
                        (now - start) / 1_000_000_000L);
            }
        }
    }

    private JsonObject verdict(String world, String profile, Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String about = profile.substring(profile.lastIndexOf('/') + 1);
        Path kept = cache.resolve(world + "." + about + "." + digest(bytes) + ".json");
        if (Files.exists(kept)) {
            return GSON.fromJson(Files.readString(kept), JsonObject.class);
        }
        ++fresh;
        JsonObject verdict = judge(world, profile, new String(bytes, StandardCharsets.UTF_8));
        Path part = cache.resolve(kept.getFileName() + ".part");
        Files.writeString(part, GSON.toJson(verdict));
        Files.move(part, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return verdict;
    }

    private JsonObject judge(String world, String profile, String text) throws IOException {
        FhirValidator official = opened(world);
        ValidationOptions options = new ValidationOptions();
        if (!profile.equals("-")) {
            options.addProfile(profile);
        }
        JsonArray issues = new JsonArray();
        boolean valid = true;
        try {
            for (SingleValidationMessage message : official.validateWithResult(text, options).getMessages()) {
                if (message.getMessage().contains("Unable to resolve package id")) {
                    continue; // HAPI wants a package from the network: nothing of this file was judged
                }
                valid &= message.getSeverity().compareTo(ResultSeverityEnum.ERROR) < 0;
                issues.add(issue(message.getSeverity().getCode(), message.getMessageId(),
                        message.getLocationString(), message.getMessage()));
            }
        } catch (RuntimeException refused) {
            // Not even readable as FHIR: HAPI's parser throws instead of reporting.
            valid = false;
            issues.add(issue("fatal", "exception", "", String.valueOf(refused.getMessage())));
        }
        JsonObject verdict = new JsonObject();
        verdict.addProperty("valid", valid);
        verdict.add("issues", issues);
        return verdict;
    }

    private static JsonObject issue(String severity, String code, String expression, String message) {
        JsonObject issue = new JsonObject();
        issue.addProperty("severity", severity);
        issue.addProperty("code", code);
        issue.addProperty("expression", expression);
        issue.addProperty("message", message);
        return issue;
    }

    private void time(List<String> files, int rounds, PrintStream out) throws IOException {
        for (String task : files) {
            String[] parts = task.split("\t");
            String file = parts[2];
            FhirValidator official = opened(parts[0]);
            String text = Files.readString(Path.of(file));
            for (int i = 0; i < rounds; ++i) {
                official.validateWithResult(text);
            }
            List<Long> times = new ArrayList<>();
            for (int i = 0; i < rounds; ++i) {
                long start = System.nanoTime();
                official.validateWithResult(text);
                times.add(System.nanoTime() - start);
            }
            times.sort(null);
            out.printf("%s\t%d%n", file, times.get(times.size() / 2));
        }
    }

    private FhirValidator opened(String world) throws IOException {
        if (!validators.containsKey(world)) {
            System.err.printf("  HAPI reads the definitions (%s) ...%n", world);
            validators.put(world, World.open(world.equals("jp") ? packages : List.of(), folders));
        }
        return validators.get(world);
    }

    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException(never);
        }
    }
}
