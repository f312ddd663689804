// Generated from lib/ by `npm run build:lib`.
Object.defineProperty(exports, Symbol.toStringTag, { value: "Module" });
// \0rolldown/runtime.js
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __copyProps = (to, from, except, desc) => {
	if (from && typeof from === "object" || typeof from === "function") for (var keys = __getOwnPropNames(from), i = 0, n = keys.length, key; i < n; i++) {
		key = keys[i];
		if (!__hasOwnProp.call(to, key) && key !== except) __defProp(to, key, {
			get: ((k) => from[k]).bind(null, key),
			enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable
		});
	}
	return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(isNodeMode || !mod || !mod.__esModule || !__hasOwnProp.call(mod, "default") ? __defProp(target, "default", {
	value: mod,
	enumerable: true
}) : target, mod));
let node_fs = require("node:fs");
node_fs = __toESM(node_fs);
let node_module = require("node:module");
let node_path = require("node:path");
node_path = __toESM(node_path);
let node_util = require("node:util");
let node_os = require("node:os");
node_os = __toESM(node_os);
let node_util_types = require("node:util/types");
let node_v8 = require("node:v8");
let node_vm = require("node:vm");
let node_buffer = require("node:buffer");
let node_worker_threads = require("node:worker_threads");
let node_url = require("node:url");
// package.json
var version = "0.1.0";
// lib/load/libc.ts
function attempt(ask) {
	try {
		return ask();
	} catch {
		return;
	}
}
function libc() {
	return attempt(fromProgram) ?? attempt(fromReport) ?? attempt(fromLdd) ?? attempt(fromFolder);
}
function fromProgram() {
	const head = Buffer.alloc(4096);
	const fd = node_fs.default.openSync(process.execPath, "r");
	try {
		node_fs.default.readSync(fd, head, 0, head.length, 0);
	} finally {
		node_fs.default.closeSync(fd);
	}
	const text = head.toString("latin1");
	if (/\/ld-musl-[^/\0]*\.so/.test(text)) return "musl";
	return /\/ld(-linux|64)[^/\0]*\.so/.test(text) ? "glibc" : void 0;
}
function report() {
	const { report } = process;
	if (report === void 0) return {};
	const { excludeNetwork } = report;
	report.excludeNetwork = true;
	try {
		return report.getReport();
	} finally {
		if (excludeNetwork !== void 0) report.excludeNetwork = excludeNetwork;
	}
}
function fromReport() {
	const { header, sharedObjects } = report();
	if (header?.glibcVersionRuntime !== void 0) return "glibc";
	return sharedObjects?.some((file) => /\/(ld-musl-|libc\.musl-)/.test(file)) ? "musl" : void 0;
}
function fromLdd() {
	const text = node_fs.default.readFileSync("/usr/bin/ldd", "latin1");
	if (text.includes("musl")) return "musl";
	return /GNU|GLIBC/.test(text) ? "glibc" : void 0;
}
function fromFolder() {
	return node_fs.default.readdirSync("/lib").some((name) => name.startsWith("ld-musl-")) ? "musl" : void 0;
}
function glibcVersion() {
	return process.versions["deno"] === void 0 ? attempt(report)?.header?.glibcVersionRuntime : void 0;
}
// lib/errors.ts
function withCodeInStack(error, code) {
	const { name } = error;
	Object.defineProperty(error, "name", {
		value: `${name} [${code}]`,
		configurable: true,
		writable: true
	});
	error.stack;
	Object.defineProperty(error, "name", {
		value: name,
		configurable: true,
		writable: true,
		enumerable: false
	});
	return error;
}
var MmapError = class MmapError extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.code = code;
		withCodeInStack(this, code);
	}
	static {
		MmapError.prototype.name = "Error";
	}
};
var MmapFaultError = class extends MmapError {
	offset;
	reason;
	constructor(message, offset, reason, path) {
		super("ERR_MMAP_FAULT", message);
		this.offset = offset;
		this.reason = reason;
		if (path !== void 0) this.path = path;
	}
};
var MmapPatternError = class MmapPatternError extends SyntaxError {
	code = "ERR_MMAP_PATTERN";
	position;
	constructor(message, position) {
		super(message);
		this.position = position;
		withCodeInStack(this, "ERR_MMAP_PATTERN");
	}
	static {
		MmapPatternError.prototype.name = "SyntaxError";
	}
};
var MmapTypeError = class extends TypeError {
	code;
	constructor(code, message) {
		super(message);
		this.code = code;
		withCodeInStack(this, code);
	}
};
var MmapRangeError = class extends RangeError {
	code;
	constructor(code, message) {
		super(message);
		this.code = code;
		withCodeInStack(this, code);
	}
};
var MmapSystemError = class MmapSystemError extends Error {
	code;
	errno;
	syscall;
	constructor(message, code, errno, syscall, path) {
		super(message);
		this.code = code;
		this.errno = errno;
		this.syscall = syscall;
		if (path !== void 0) this.path = path;
	}
	static {
		MmapSystemError.prototype.name = "Error";
	}
};
var MmapAbortError = class MmapAbortError extends Error {
	code = "ABORT_ERR";
	constructor(reason) {
		super("The operation was aborted", { cause: reason });
	}
	static {
		MmapAbortError.prototype.name = "AbortError";
	}
};
const TYPE_ERRORS = new Set([
	"ERR_MMAP_READ_ONLY",
	"ERR_INVALID_ARG_TYPE",
	"ERR_INVALID_ARG_VALUE"
]);
const RANGE_ERRORS = new Set([
	"ERR_MMAP_EMPTY_FILE",
	"ERR_MMAP_OFFSET",
	"ERR_OUT_OF_RANGE"
]);
function coded(code, message) {
	if (TYPE_ERRORS.has(code)) return new MmapTypeError(code, message);
	if (RANGE_ERRORS.has(code)) return new MmapRangeError(code, message);
	return new MmapError(code, message);
}
function systemError({ name, number }) {
	const map = node_util.getSystemErrorMap?.();
	if (name == null && number != null) {
		const entry = map?.get(-number);
		return {
			errno: -number,
			name: entry?.[0] ?? `E${number}`,
			text: entry?.[1] ?? ""
		};
	}
	for (const [errno, [candidate, text]] of map ?? []) if (candidate === name) return {
		errno,
		name: candidate,
		text
	};
	return {
		errno: -(number ?? 0),
		name: name ?? "EUNKNOWN",
		text: ""
	};
}
function isFailure(answer) {
	return typeof answer === "object" && answer !== null && "code" in answer;
}
function isFault(failure) {
	return failure.reason != null;
}
function systemErrorName(failure) {
	return failure.code === "" && !isFault(failure) ? systemError(failure).name : void 0;
}
function failed(failure, path) {
	if (isFault(failure)) {
		const where = path === void 0 ? "" : `, '${path}'`;
		return new MmapFaultError(failure.message + where, failure.offset ?? 0, failure.reason, path);
	}
	if (failure.code === "ERR_MMAP_PATTERN") return new MmapPatternError(failure.message, failure.offset ?? void 0);
	if (failure.code !== "") return coded(failure.code, failure.message);
	const { errno, name, text } = systemError(failure);
	const syscall = failure.syscall ?? "mmap";
	return new MmapSystemError(`${name}: ${failure.number == null || text === "" ? failure.message : text}, ${syscall}${path === void 0 ? "" : ` '${path}'`}`, name, errno, syscall, path);
}
function unwrap(answer, path) {
	if (isFailure(answer)) throw failed(answer, path);
	return answer;
}
function ensure(failure, path) {
	if (failure !== null) throw failed(failure, path);
}
function received(value) {
	if (value == null) return `Received ${value}`;
	if (typeof value === "function") return `Received function ${value.name}`;
	if (typeof value === "object") {
		const name = value.constructor?.name;
		return name ? `Received an instance of ${name}` : `Received ${(0, node_util.inspect)(value, { depth: -1 })}`;
	}
	const shown = (0, node_util.inspect)(value);
	return `Received type ${typeof value} (${shown.length > 28 ? `${shown.slice(0, 25)}...` : shown})`;
}
function wrongType(name, expected, value) {
	return new MmapTypeError("ERR_INVALID_ARG_TYPE", `The "${name}" argument must be ${expected}. ${received(value)}`);
}
function wrongValue(name, expected, value) {
	return new MmapTypeError("ERR_INVALID_ARG_VALUE", `The "${name}" argument must be ${expected}. Received ${(0, node_util.inspect)(value)}`);
}
function outOfRange(name, expected, value) {
	return new MmapRangeError("ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${expected}. Received ${typeof value === "bigint" ? `${value}n` : String(value)}`);
}
// lib/load/install.ts
const LOCKS = [
	["package-lock.json", "npm"],
	["npm-shrinkwrap.json", "npm"],
	["pnpm-lock.yaml", "pnpm"],
	["yarn.lock", "yarn"],
	["bun.lock", "bun"],
	["deno.lock", "deno"]
];
const SETTINGS = [
	[".npmrc", /^\s*(?:omit(?:\[\])?\s*=.*\boptional\b|optional\s*=\s*false\b).*/m],
	[".yarnrc", /^\s*--(?:install\.|add\.)?ignore-optional\b.*/m],
	["bunfig.toml", /^\s*optional\s*=\s*false\b.*/m]
];
function text(file) {
	try {
		return node_fs.default.readFileSync(file, "latin1");
	} catch {
		return "";
	}
}
function home$1() {
	try {
		return node_os.default.homedir();
	} catch {
		return;
	}
}
function* upwards(folder) {
	for (let at = node_path.default.resolve(folder);; at = node_path.default.dirname(at)) {
		yield at;
		if (at === node_path.default.dirname(at)) return;
	}
}
function runningManager() {
	const agent = process.env["npm_config_user_agent"] ?? "";
	const [, name, version = ""] = /^(npm|pnpm|yarn|bun|deno)\/(\d*)/.exec(agent) ?? [];
	if (name === void 0) return ["bun", "deno"].find((each) => process.versions[each] !== void 0);
	return name === "yarn" && version !== "1" ? "berry" : name;
}
function skippingSetting(folder) {
	const { npm_config_omit: omit = "", npm_config_optional: optional } = process.env;
	if (/\boptional\b/.test(omit)) return `npm_config_omit=${omit} in the environment`;
	if (optional === "false") return `npm_config_optional=${optional} in the environment`;
	const folders = [folder, home$1()].filter((each) => each !== void 0);
	for (const each of folders) for (const [name, pattern] of SETTINGS) {
		const file = node_path.default.join(each, name);
		const [line] = pattern.exec(text(file)) ?? [];
		if (line !== void 0) return `"${line.trim()}" in ${file}`;
	}
	if (folder === void 0) return void 0;
	const modules = node_path.default.join(folder, "node_modules", ".modules.yaml");
	return /"?optionalDependencies"?: false/.test(text(modules)) ? `the install that made ${modules}` : void 0;
}
function inspectInstall(self, name) {
	const running = runningManager();
	const isRunning = (owner) => owner === running || owner === "yarn" && running === "berry";
	const locks = [...LOCKS].sort(([, a], [, b]) => Number(isRunning(b)) - Number(isRunning(a)));
	for (const folder of [...upwards(node_path.default.dirname(self)), ...upwards(process.cwd())]) for (const [lock, owner] of locks) {
		const content = text(node_path.default.join(folder, lock));
		if (!/\bmemmap@|node_modules\/memmap"/.test(content)) continue;
		return {
			manager: owner === "yarn" && content.includes("__metadata:") ? "berry" : owner,
			folder,
			lock,
			listed: content.includes(`${name}@`) || content.includes(`node_modules/${name}"`),
			skipped: skippingSetting(folder)
		};
	}
	return {
		manager: running ?? "npm",
		folder: void 0,
		lock: void 0,
		listed: false,
		skipped: skippingSetting(void 0)
	};
}
function remedy({ manager, lock, listed, skipped }, trouble, version) {
	const first = skipped !== void 0 && (manager === "yarn" || manager === "bun") ? `undo ${skipped}, then: ` : "";
	switch (manager) {
		case "pnpm": return "pnpm install --force --config.optional=true";
		case "yarn": return `${first}yarn install --force`;
		case "bun": return `${first}bun install --force`;
		case "deno": return "deno install --reload";
		case "berry": return trouble === "missing" ? "yarn install" : "delete node_modules and .yarn/unplugged, then: yarn install";
		default:
			if (trouble === "broken") return lock ? "npm ci --include=optional" : "delete node_modules, then: npm install --include=optional";
			return `npm install --include=optional${listed ? "" : ` memmap@${version}`}`;
	}
}
// lib/load/load-error.ts
const TUPLES = [
	"linux-x64-gnu",
	"linux-x64-musl",
	"linux-arm64-gnu",
	"linux-arm64-musl",
	"linux-arm-gnueabihf",
	"linux-riscv64-gnu",
	"linux-ppc64-gnu",
	"linux-s390x-gnu",
	"darwin-x64",
	"darwin-arm64",
	"win32-x64-msvc",
	"win32-ia32-msvc",
	"win32-arm64-msvc",
	"freebsd-x64",
	"android-arm64"
];
function resolved(find, name) {
	try {
		return find.resolve(name);
	} catch {
		return;
	}
}
function libraryWords() {
	if (process.platform !== "linux") return [];
	const name = libc();
	if (name === void 0) return ["an unknown C library"];
	return [name === "glibc" ? ["glibc", glibcVersion()].filter(Boolean).join(" ") : name];
}
function systemWords() {
	const { arch, platform, versions } = process;
	const engine = [
		"electron",
		"bun",
		"deno"
	].find((each) => versions[each] !== void 0) ?? "node";
	return [
		`${platform} ${arch}`,
		...libraryWords(),
		`${engine} ${versions[engine]}`
	].join(", ");
}
function loadError(headline, facts, mend, cause) {
	return new MmapError("ERR_MMAP_BINARY", [
		headline,
		...[`this is ${systemWords()}`, ...facts].filter((fact) => fact !== void 0).map((fact) => `- ${fact}`),
		`To mend it: ${mend}`
	].join("\n"), cause === void 0 ? void 0 : { cause });
}
const BUILD_FROM_SOURCE = "build it from source on this system, and name the file that comes of it in the environment variable NAPI_RS_NATIVE_LIBRARY_PATH";
function unsupported({ tuple, version }) {
	return loadError(`memmap ${version} has no binary for ${tuple}`, [`it has them for ${TUPLES.join(", ")}`], BUILD_FROM_SOURCE);
}
function otherPlatforms({ find, tuple }) {
	const installed = TUPLES.filter((each) => each !== tuple && resolved(find, `@memmap/${each}/package.json`) !== void 0);
	if (installed.length === 0) return void 0;
	return `there is ${installed.map((each) => `@memmap/${each}`).join(" and ")} instead: node_modules was made on, or for, another system or processor`;
}
function bundlingHint({ archived, self }) {
	if (archived) return "from an Electron archive nothing can be loaded: unpack @memmap/* (asarUnpack in electron-builder)";
	try {
		if (JSON.parse(node_fs.default.readFileSync(node_path.default.join(node_path.default.dirname(self), "package.json"), "utf8")).name === "memmap") return void 0;
	} catch {}
	return `memmap was bundled into ${self}: keep it external, and install it beside the bundle`;
}
function mismatched(lookup, found) {
	const { self, tuple, version } = lookup;
	const name = `@memmap/${tuple}`;
	const install = inspectInstall(self, name);
	const headline = `memmap ${version} needs ${name}@${version}, and found version ${found}`;
	const place = resolved(lookup.find, `${name}/package.json`);
	return loadError(headline, [place && `it is ${node_path.default.dirname(place)}`, bundlingHint(lookup)], remedy(install, "missing", version));
}
function whyMissing({ listed, lock, skipped }) {
	if (skipped !== void 0) return [`optional dependencies are left out by ${skipped}`];
	if (lock === void 0) return ["an install leaves it out when told to (--omit=optional, --no-optional)"];
	if (listed) return [`${lock} lists it: an install was told to leave it out (--omit=optional, --no-optional), or it was removed`];
	return [`${lock} does not list it: it was made on another system (npm/cli#4828), or without optional dependencies`];
}
function missing(lookup, cause) {
	const { self, tuple, version } = lookup;
	const name = `@memmap/${tuple}`;
	const install = inspectInstall(self, name);
	const folder = resolved(lookup.find, `${name}/package.json`);
	const trouble = folder === void 0 ? "missing" : "broken";
	return loadError(folder === void 0 ? `The binary of memmap ${version} is missing: ${name}@${version}, an optional dependency, is not installed` : `The binary of memmap ${version} is missing: ${node_path.default.dirname(folder)} is there, but not its file memmap.${tuple}.node`, [
		otherPlatforms(lookup),
		...trouble === "missing" ? whyMissing(install) : [],
		bundlingHint(lookup)
	], remedy(install, trouble, version), cause);
}
const NEEDS_GLIBC = /\bGLIBC_(\d+)\.(\d+)/g;
function diagnosis(error) {
	const { code, message, name } = error;
	const [newest] = [...message.matchAll(NEEDS_GLIBC)].map(([, a, b]) => [Number(a), Number(b)]).sort(([a, b], [c, d]) => c - a || d - b);
	if (newest !== void 0) {
		const needed = newest.join(".");
		return [`glibc is too old: it needs ${needed} or newer`, `use a system with glibc ${needed} or newer, or ${BUILD_FROM_SOURCE}`];
	}
	if (/libc\.musl-|ld-musl-/.test(message)) return ["it is for musl", BUILD_FROM_SOURCE];
	if (/ld-linux|libc\.so\.6|symbol not found/.test(message) && libc() === "musl") return ["it is for glibc", BUILD_FROM_SOURCE];
	if (code === "ERR_DLOPEN_DISABLED") return ["addons are switched off", "start the program without --no-addons"];
	if (name === "NotCapable" || name === "PermissionDenied") return ["Deno forbids it", "start the program with --allow-ffi"];
	if (/failed to map segment|Operation not permitted/.test(message)) return ["nothing may run from where it is (a file system mounted noexec?)", "install to a place from which code may run"];
}
function unloadable(lookup, error, file, origin) {
	const { self, tuple, version } = lookup;
	const found = file ?? resolved(lookup.find, `@memmap/${tuple}`);
	if (found === void 0) return missing(lookup, error);
	const reason = error instanceof Error ? error : new Error(String(error));
	const message = reason.message.trim().replaceAll("\n", "\n  ");
	const facts = [origin && `named by ${origin}`];
	if (!node_fs.default.existsSync(found)) return loadError(`There is no file ${found}`, facts, `correct ${origin}`, error);
	const [meaning, mend] = diagnosis(reason) ?? [];
	const headline = `The binary of memmap ${version} for ${tuple} cannot be loaded${meaning ? `: ${meaning}` : ""}`;
	const own = origin === void 0 ? remedy(inspectInstall(self, `@memmap/${tuple}`), "broken", version) : BUILD_FROM_SOURCE;
	return loadError(headline, [
		`file: ${found}`,
		...facts,
		`the loader says: ${message}`,
		bundlingHint(lookup)
	], mend ?? own, error);
}
// lib/load/load.ts
const VARIABLE = "NAPI_RS_NATIVE_LIBRARY_PATH";
const self = typeof __filename === "string" ? __filename : node_path.default.resolve("index.js");
function unpacked(file) {
	return file.replace(/\.asar(?=[\\/])/, ".asar.unpacked");
}
function tuple() {
	const { arch, config, platform } = process;
	if (platform === "win32") return `win32-${arch}-msvc`;
	if (platform !== "linux") return `${platform}-${arch}`;
	const version = (config?.variables)?.arm_version;
	if (arch === "arm" && Number(version ?? 7) < 7) return `linux-armv${version}`;
	return `linux-${arch}-${libc() === "musl" ? "musl" : "gnu"}${arch === "arm" ? "eabihf" : ""}`;
}
function required(lookup) {
	try {
		switch (lookup.tuple) {
			case "linux-x64-gnu": return require("@memmap/linux-x64-gnu");
			case "linux-x64-musl": return require("@memmap/linux-x64-musl");
			case "linux-arm64-gnu": return require("@memmap/linux-arm64-gnu");
			case "linux-arm64-musl": return require("@memmap/linux-arm64-musl");
			case "linux-arm-gnueabihf": return require("@memmap/linux-arm-gnueabihf");
			case "linux-riscv64-gnu": return require("@memmap/linux-riscv64-gnu");
			case "linux-ppc64-gnu": return require("@memmap/linux-ppc64-gnu");
			case "linux-s390x-gnu": return require("@memmap/linux-s390x-gnu");
			case "darwin-x64": return require("@memmap/darwin-x64");
			case "darwin-arm64": return require("@memmap/darwin-arm64");
			case "win32-x64-msvc": return require("@memmap/win32-x64-msvc");
			case "win32-ia32-msvc": return require("@memmap/win32-ia32-msvc");
			case "win32-arm64-msvc": return require("@memmap/win32-arm64-msvc");
			case "freebsd-x64": return require("@memmap/freebsd-x64");
			case "android-arm64": return require("@memmap/android-arm64");
		}
	} catch (error) {
		throw unloadable(lookup, error);
	}
	throw unsupported(lookup);
}
function loaded(lookup, file, origin) {
	try {
		return lookup.find(file);
	} catch (error) {
		throw unloadable(lookup, error, file, origin);
	}
}
function versionOf({ find, tuple }) {
	try {
		return find(`@memmap/${tuple}/package.json`).version;
	} catch {
		return;
	}
}
function load() {
	const lookup = {
		version,
		self,
		tuple: tuple(),
		find: (0, node_module.createRequire)(self),
		archived: unpacked(self) !== self
	};
	const named = process.env[VARIABLE];
	if (named) return loaded(lookup, node_path.default.resolve(named), VARIABLE);
	const beside = node_path.default.join(node_path.default.dirname(self), `memmap.${lookup.tuple}.node`);
	const file = [unpacked(beside), beside].find((each) => node_fs.default.existsSync(each));
	if (file !== void 0) return loaded(lookup, file, `beside ${node_path.default.basename(self)}`);
	if (lookup.archived) {
		const outside = {
			...lookup,
			find: (0, node_module.createRequire)(unpacked(self))
		};
		const found = versionOf(outside);
		if (found !== void 0 && found !== version) throw mismatched(outside, found);
		if (found !== void 0) return loaded(outside, outside.find.resolve(`@memmap/${lookup.tuple}`), "unpacked");
	}
	const found = versionOf(lookup);
	if (found !== void 0 && found !== version) throw mismatched(lookup, found);
	return required(lookup);
}
const binding = load();
// lib/constants.ts
const PAGESIZE = binding.pageSize();
const ALLOCATIONGRANULARITY = binding.allocationGranularity();
const constants = Object.freeze(binding.constants());
// lib/members/byte-match.ts
var ByteMatch = class ByteMatch {
	#batch;
	#slot;
	static {
		Object.defineProperty(ByteMatch.prototype, node_util.inspect.custom, {
			configurable: true,
			writable: true,
			value() {
				return `ByteMatch ${(0, node_util.inspect)(this.toJSON())}`;
			}
		});
	}
	constructor(batch, slot) {
		this.#batch = batch;
		this.#slot = slot;
	}
	get index() {
		return this.#batch.slots[this.#slot];
	}
	get end() {
		return this.#batch.slots[this.#slot + 1];
	}
	get length() {
		return this.#batch.names.length;
	}
	#number(group) {
		return typeof group === "string" ? this.#numberOfName(group) : group;
	}
	#numberOfName(name) {
		const { names } = this.#batch;
		let found = -1;
		for (let group = names.indexOf(name); group >= 0; group = names.indexOf(name, group + 1)) {
			found = group;
			if (this.span(group) !== void 0) break;
		}
		return found;
	}
	span(group = 0) {
		const number = this.#number(group);
		if (!(number >= 0 && number < this.length)) return void 0;
		const at = this.#slot + 2 * number;
		const start = this.#batch.slots[at];
		return start < 0 ? void 0 : [start, this.#batch.slots[at + 1]];
	}
	get(group = 0) {
		const span = this.span(group);
		if (span === void 0) return void 0;
		const [start, end] = span;
		const { names, slots, text } = this.#batch;
		const textStart = slots[this.#slot + 2 * names.length];
		if (textStart < 0) return this.#batch.copy(start, end - start);
		const from = textStart + start - this.index;
		return Buffer.from(text.subarray(from, from + end - start));
	}
	get captures() {
		return Array.from({ length: this.length }, (_, group) => this.get(group));
	}
	get groups() {
		return this.#byName((name) => this.get(name));
	}
	get indices() {
		const spans = Array.from({ length: this.length }, (_, group) => this.span(group));
		return Object.assign(spans, { groups: this.#byName((name) => this.span(name)) });
	}
	#byName(of) {
		const names = this.#batch.names.filter((name) => name !== null);
		if (names.length === 0) return void 0;
		const found = Object.create(null);
		for (const name of names) found[name] = of(name);
		return found;
	}
	toJSON() {
		return {
			index: this.index,
			end: this.end
		};
	}
	toString(encoding = "utf8") {
		return this.get()?.toString(encoding) ?? "";
	}
	[Symbol.iterator]() {
		return this.captures[Symbol.iterator]();
	}
};
// lib/checks.ts
function integer(value, name) {
	if (typeof value === "bigint") return Number(value);
	if (typeof value !== "number") throw wrongType(name, "of type number or bigint", value);
	if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
	return value;
}
function size$1(value, name, least = 0) {
	const number = integer(value, name);
	if (number < least || number > Number.MAX_SAFE_INTEGER) throw outOfRange(name, `>= ${least} && <= ${Number.MAX_SAFE_INTEGER}`, value);
	return number;
}
function byte(value, name) {
	const number = integer(value, name);
	if (number < 0 || number > 255) throw outOfRange(name, ">= 0 && <= 255", value);
	return number;
}
function index(value, name) {
	return typeof value === "number" && Number.isInteger(value) ? value : integer(value, name);
}
function start(value, name, length, fallback) {
	if (value === Number.POSITIVE_INFINITY) return value;
	return (typeof value === "bigint" || typeof value === "number") && value > length ? integer(value, name) : bound(value, name, length, fallback);
}
function bound(value, name, length, fallback) {
	if (value === void 0 || value === null) return fallback;
	if (value === Number.POSITIVE_INFINITY) return length;
	if (value === Number.NEGATIVE_INFINITY) return 0;
	const number = integer(value, name);
	if (number < 0) return Math.max(0, length + number);
	return Math.min(number, length);
}
function int32(value, name) {
	if (typeof value !== "number") throw wrongType(name, "of type number", value);
	if (value !== (value | 0)) throw outOfRange(name, "an integer >= -2147483648 && <= 2147483647", value);
	return value;
}
function boolean(value, name, fallback) {
	if (value === void 0) return fallback;
	if (typeof value !== "boolean") throw wrongType(name, "of type boolean", value);
	return value;
}
function string(value, name) {
	if (typeof value !== "string") throw wrongType(name, "of type string", value);
	return value;
}
function oneOf(value, name, values) {
	if (value === void 0) return void 0;
	if (!values.includes(value)) throw wrongValue(name, `one of ${values.map((each) => `'${each}'`).join(", ")}`, value);
	return value;
}
function options(value, known) {
	if (value === void 0) return {};
	if (typeof value !== "object" || value === null) throw wrongType("options", "an object", value);
	for (const key of Object.keys(value)) if (!known.includes(key)) throw wrongValue(`options.${key}`, `absent: it is unknown here. Known are ${known.join(", ")}`, Reflect.get(value, key));
	return value;
}
function bytes(value, name, expected = BYTES) {
	if (value instanceof Uint8Array) return value;
	if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
	if ((0, node_util_types.isAnyArrayBuffer)(value)) return new Uint8Array(value, 0, value.byteLength);
	throw wrongType(name, expected, value);
}
const BYTES = "an instance of Buffer, TypedArray, DataView, ArrayBuffer, SharedArrayBuffer or Mmap";
function bytesOrString(value, name, encoding) {
	if (typeof value !== "string") return bytes(value, name, `of type string or ${BYTES}`);
	if (encoding !== void 0 && !Buffer.isEncoding(encoding)) throw wrongValue("encoding", "an encoding", encoding);
	return Buffer.from(value, encoding);
}
function signal(value) {
	if (value === void 0) return void 0;
	if (!(value instanceof AbortSignal)) throw wrongType("options.signal", "an instance of AbortSignal", value);
	return value;
}
// lib/state.ts
var MappingState = class {
	bytes;
	position = 0;
	offset;
	access;
	path;
	jobs;
	constructor(bytes, offset, access, path) {
		this.bytes = bytes;
		this.offset = offset;
		this.access = access;
		this.path = path;
		this.jobs = void 0;
	}
};
function writable(state) {
	const { bytes } = state;
	if (state.access === "read") {
		bytes.length;
		throw coded("ERR_MMAP_READ_ONLY", "The mapping is read-only");
	}
	return bytes;
}
function Itself(object) {
	return object;
}
let nextState;
var Stateful = class extends Itself {
	#state = nextState;
	static has(value) {
		return typeof value === "object" && value !== null && #state in value;
	}
	static get(object) {
		return object.#state;
	}
};
function attachState(object, state) {
	nextState = state;
	new Stateful(object);
	nextState = void 0;
	return object;
}
function stateOf(object) {
	return Stateful.get(object);
}
function isMapping(value) {
	return Stateful.has(value);
}
// lib/members/operands.ts
function copyOf(bytes, start, length) {
	const copy = Buffer.allocUnsafe(length);
	if (length > 0) bytes.copyOut(start, copy, 0, length);
	return copy;
}
function bytesInPlace(value, name) {
	if (value instanceof Uint8Array) return value;
	return isMapping(value) ? stateOf(value).bytes : bytes(value, name);
}
function bytesOrCopy(value, name, besides = "") {
	if (value instanceof Uint8Array) return value;
	if (!isMapping(value)) return bytes(value, name, besides + BYTES);
	const { bytes: bytes$2 } = stateOf(value);
	return copyOf(bytes$2, 0, bytes$2.length);
}
function needleBytes(needle) {
	return typeof needle === "string" ? Buffer.from(needle) : bytesOrCopy(needle, "needle", "of type string or ");
}
function bytesOrByte(value, name) {
	if (typeof value === "number") return Uint8Array.of(byte(value, name));
	return typeof value === "string" ? Buffer.from(value) : bytesOrCopy(value, name, "of type number or string or ");
}
// lib/members/array.ts
function subarray(state, start, end) {
	const all = state.bytes.view();
	const from = bound(start, "start", all.length, 0);
	return all.subarray(from, Math.max(from, bound(end, "end", all.length, all.length)));
}
const TypedArray = Object.getPrototypeOf(Uint8Array);
function isViewConstructor(type) {
	if (typeof type !== "function") return false;
	if (ArrayBuffer.isView(type.prototype ?? null) || type === DataView) return true;
	for (let each = type; typeof each === "function"; each = Object.getPrototypeOf(each)) if (each === TypedArray || each === DataView) return type !== TypedArray;
	return false;
}
function view(state, type, byteOffset, length) {
	const { bytes } = state;
	if (!isViewConstructor(type)) throw wrongType("type", "a typed array's constructor or DataView", type);
	const all = bytes.view();
	const unit = type.BYTES_PER_ELEMENT ?? 1;
	const from = size$1(byteOffset, "byteOffset");
	if (from > all.length) throw outOfRange("byteOffset", `<= ${all.length}`, byteOffset);
	if (from % unit !== 0 || unit > 1 && (from + bytes.slack) % unit !== 0) throw outOfRange("byteOffset", `a multiple of ${unit}, in the mapping and in memory (the mapping begins ${bytes.slack} bytes into its page)`, byteOffset);
	const most = Math.floor((all.length - from) / unit);
	const count = length === void 0 ? most : size$1(length, "length");
	if (count > most) throw outOfRange("length", `<= ${most}`, length);
	return new type(all.buffer, all.byteOffset + from, count);
}
function slice$1(state, start, end) {
	const { bytes } = state;
	const { length } = bytes;
	const from = bound(start, "start", length, 0);
	return copyOf(bytes, from, Math.max(0, bound(end, "end", length, length) - from));
}
function at(state, index$1) {
	const { bytes } = state;
	const { length } = bytes;
	let position = index(index$1, "index");
	if (position < 0) position += length;
	return position >= 0 && position < length ? bytes.byte(position) : void 0;
}
function unwrapOfTwo(answer, mine, theirs) {
	if (isFailure(answer) && isFault(answer)) ensure(theirs.native.verify(0, theirs.length), theirs.path);
	return unwrap(answer, mine.path);
}
function store(bytes, at, source) {
	if (source instanceof Uint8Array) bytes.copyIn(at, source);
	else unwrapOfTwo(bytes.native.copyFrom(at, source.native, 0, source.length), bytes, source);
}
function set(state, source, offset) {
	const bytes = writable(state);
	const at = size$1(offset, "offset");
	const from = bytesInPlace(source, "source");
	const { length } = from;
	const most = bytes.length - length;
	if (most < 0) throw outOfRange("source", `at most ${bytes.length} bytes long`, `${length} bytes`);
	if (at > most) throw outOfRange("offset", `<= ${most} for ${length} bytes`, offset);
	store(bytes, at, from);
}
function fill(state, value, start, end) {
	const bytes = writable(state);
	const { length } = bytes;
	const pattern = bytesOrByte(value, "value");
	if (pattern.length === 0) throw wrongValue("value", "not empty", value);
	const from = bound(start, "start", length, 0);
	const to = bound(end, "end", length, length);
	if (from < to) ensure(bytes.native.fill(from, to, pattern), bytes.path);
}
function includes(state, needle, start) {
	const { bytes } = state;
	const { length } = bytes;
	const wanted = bytesOrByte(needle, "needle");
	const from = bound(start, "start", length, 0);
	return bytes.find(wanted, from, length, false) >= 0;
}
function equals(state, other) {
	const { bytes } = state;
	const { length } = bytes;
	const theirs = bytesInPlace(other, "other");
	if (theirs.length !== length) return false;
	if (theirs instanceof Uint8Array) return unwrap(bytes.native.equals(0, theirs), bytes.path);
	return unwrapOfTwo(bytes.native.equalsMapping(theirs.native), bytes, theirs);
}
function iterate(state) {
	state.bytes.length;
	return eachByte(state);
}
function* eachByte(state) {
	for (let index = 0; index < state.bytes.length; index++) yield state.bytes.byte(index);
}
// lib/members/file.ts
function readCount(rest, size) {
	if (size === void 0 || size === null) return rest;
	const wanted = index(size, "size");
	return wanted < 0 ? rest : Math.min(wanted, rest);
}
function read(state, size) {
	const { bytes } = state;
	const rest = Math.max(0, bytes.length - state.position);
	const copy = copyOf(bytes, state.position, readCount(rest, size));
	state.position += copy.length;
	return copy;
}
function readInto(state, target, offset, length, position) {
	const { bytes: bytes$1 } = state;
	const whole = bytes(target, "target");
	const at = size$1(offset, "offset");
	if (at > whole.length) throw outOfRange("offset", `<= ${whole.length}`, offset);
	const room = whole.length - at;
	const wanted = length === void 0 || length === null ? room : size$1(length, "length");
	if (wanted > room) throw outOfRange("length", `<= ${room}`, length);
	const moves = position === void 0 || position === null;
	const from = moves ? state.position : size$1(position, "position");
	const count = Math.min(wanted, bytes$1.length - from);
	if (count <= 0) return 0;
	bytes$1.copyOut(from, whole, at, count);
	if (moves) state.position += count;
	return count;
}
function readByte(state) {
	const { bytes, position } = state;
	if (position >= bytes.length) throw outOfRange("position", `< ${bytes.length} to read a byte`, position);
	const byte = bytes.byte(position);
	state.position = position + 1;
	return byte;
}
const NEWLINE = Uint8Array.of(10);
function readLine(state) {
	const { bytes, position } = state;
	if (position >= bytes.length) return Buffer.alloc(0);
	const found = bytes.find(NEWLINE, position, bytes.length, false);
	return read(state, found < 0 ? void 0 : found + 1 - position);
}
function write(state, data, encoding) {
	const bytes = writable(state);
	const { position } = state;
	const source = isMapping(data) ? bytesInPlace(data, "data") : bytesOrString(data, "data", encoding);
	const { length } = source;
	const room = bytes.length - position;
	if (length > room) throw outOfRange("data", `at most ${Math.max(0, room)} bytes long, what there is from the position ${position} on`, `${length} bytes`);
	store(bytes, position, source);
	state.position = position + length;
	return length;
}
function writeByte(state, value) {
	const bytes = writable(state);
	const byte$1 = byte(value, "value");
	const { position } = state;
	if (position >= bytes.length) throw outOfRange("position", `< ${bytes.length} to write a byte`, position);
	bytes.setByte(position, byte$1);
	state.position = position + 1;
}
function seek(state, position, whence) {
	const { length } = state.bytes;
	const distance = index(position, "position");
	if (whence !== 0 && whence !== 1 && whence !== 2) throw wrongValue("whence", "0 (start), 1 (position) or 2 (end)", whence);
	const target = distance + (whence === 0 ? 0 : whence === 1 ? state.position : length);
	if (target < 0 || target > length) throw outOfRange("position", `between the start and the end, 0 and ${length}, when counted from ${[
		"the start",
		"the position",
		"the end"
	][whence]}`, position);
	state.position = target;
	return target;
}
function tell(state) {
	state.bytes.length;
	return state.position;
}
function seekable(state) {
	state.bytes.length;
	return true;
}
function size(state) {
	return unwrap(state.bytes.native.size());
}
function find(state, needle, start$2, end, last) {
	const { bytes } = state;
	const { length } = bytes;
	const wanted = needleBytes(needle);
	const from = start(start$2, "start", length, state.position);
	const to = bound(end, "end", length, length);
	if (from > to) return -1;
	return bytes.find(wanted, from, to, last);
}
function move(state, dest, src, count) {
	const bytes = writable(state);
	const [to, from, length] = [
		size$1(dest, "dest"),
		size$1(src, "src"),
		size$1(count, "count")
	];
	const most = bytes.length - length;
	if (most < 0) throw outOfRange("count", `<= ${bytes.length}`, count);
	if (to > most) throw outOfRange("dest", `<= ${most} for ${length} bytes`, dest);
	if (from > most) throw outOfRange("src", `<= ${most} for ${length} bytes`, src);
	if (length > 0) ensure(bytes.native.copyFrom(to, bytes.native, from, length), bytes.path);
}
function resize(state, length, options$7) {
	state.bytes.length;
	if (state.access !== "write") throw coded("ERR_MMAP_READ_ONLY", `A mapping with the access '${state.access}' cannot be resized`);
	const wanted = size$1(length, "length", 1);
	const reserve = boolean(options(options$7, ["reserve"]).reserve, "options.reserve", true);
	state.bytes = state.bytes.resize(wanted, reserve);
}
// lib/homes/closed.ts
function closed() {
	throw coded("ERR_MMAP_CLOSED", "The mapping is closed");
}
const CLOSED = {
	get home() {
		return closed();
	},
	get length() {
		return closed();
	},
	get native() {
		return closed();
	},
	get slack() {
		return closed();
	},
	path: void 0,
	byte: closed,
	setByte: closed,
	copyOut: closed,
	copyIn: closed,
	find: closed,
	view: closed,
	resize: closed,
	faulted: closed,
	check: closed,
	reattach: closed,
	close() {}
};
// lib/members/lifetime.ts
function isClosed(state) {
	return state.bytes === CLOSED;
}
function close(state, options$6) {
	const detach = boolean(options(options$6, ["detach"]).detach, "options.detach", true);
	const { bytes, jobs } = state;
	state.bytes = CLOSED;
	bytes.close(detach);
	if (jobs === void 0 || jobs.size === 0) return;
	for (const cancel of [...jobs]) cancel(coded("ERR_MMAP_CLOSED", "The mapping was closed"));
}
function fact(state, name) {
	state.bytes.length;
	return state[name];
}
function description(state, name) {
	if (isClosed(state)) return `${name} { closed: true }`;
	const { access, bytes, offset, position } = state;
	const path = state.path === void 0 ? "" : `, path: ${(0, node_util.inspect)(state.path)}`;
	return `${name} { length: ${bytes.length}, access: '${access}', position: ${position}, offset: ${offset}, home: '${bytes.home}'${path} }`;
}
// lib/jobs.ts
const { NativeJob } = binding;
binding.processors((0, node_os.availableParallelism)());
const PROGRESS_INTERVAL = 50;
function interruptible(work, interruption) {
	const { signal, cancels, onCancel, discard } = interruption;
	if (signal?.aborted) return Promise.reject(new MmapAbortError(signal.reason));
	return new Promise((resolve, reject) => {
		let isOver = false;
		const end = () => {
			isOver = true;
			cancels?.delete(cancel);
			signal?.removeEventListener("abort", abort);
		};
		const cancel = (reason) => {
			if (isOver) return;
			end();
			onCancel?.();
			reject(reason);
		};
		const abort = () => cancel(new MmapAbortError(signal?.reason));
		cancels?.add(cancel);
		signal?.addEventListener("abort", abort, { once: true });
		work(cancel).then((result) => {
			if (isOver) discard?.(result);
			else {
				end();
				resolve(result);
			}
		}, (error) => {
			end();
			reject(error);
		});
	});
}
function reportProgress(job, onProgress, cancel) {
	return setInterval(() => {
		try {
			onProgress(job.done());
		} catch (error) {
			cancel(error);
		}
	}, PROGRESS_INTERVAL).unref();
}
async function runJob(state, { signal, onProgress }, start) {
	const job = new NativeJob();
	state.jobs ??= new Set();
	let timer;
	const work = async (cancel) => {
		const result = start(job);
		if (onProgress !== void 0) timer = reportProgress(job, onProgress, cancel);
		return unwrap(await result, state.path);
	};
	try {
		return await interruptible(work, {
			signal,
			cancels: state.jobs,
			onCancel: () => job.abort()
		});
	} finally {
		clearInterval(timer);
	}
}
// lib/options/lines.ts
const KINDS = [
	"string",
	"buffer",
	"offsets"
];
const ENCODINGS = [
	"utf8",
	"utf-8",
	"latin1",
	"binary"
];
const KEYS$1 = [
	"as",
	"encoding",
	"start",
	"end",
	"keepEnds"
];
const NOT_DECODED = 0;
const LATIN1 = 1;
const UTF8 = 2;
function linesRequest(bytes, given, furtherKeys = []) {
	const options$5 = options(given, [...KEYS$1, ...furtherKeys]);
	const as = oneOf(options$5.as, "options.as", KINDS) ?? "string";
	const encoding = oneOf(options$5.encoding, "options.encoding", ENCODINGS) ?? "utf8";
	const start = bound(options$5.start, "options.start", bytes.length, 0);
	return {
		as,
		encoding: as !== "string" ? NOT_DECODED : encoding.startsWith("utf") ? UTF8 : LATIN1,
		start,
		end: Math.max(start, bound(options$5.end, "options.end", bytes.length, bytes.length)),
		keepEnds: boolean(options$5.keepEnds, "options.keepEnds", false)
	};
}
// lib/members/lines.ts
const CR = 13;
const MOST_LINES = 16384;
const STRING_PIECE = 64512;
const BUFFER_PIECE = 65536;
const OFFSETS_PIECE = 524288;
const JOB_BYTES = 4 * STRING_PIECE;
const measures$1 = new Float64Array(3);
function boundsFor({ start, end }) {
	return new Int32Array(2 * Math.min(MOST_LINES, end - start));
}
function smallInteger(value) {
	const small = value | 0;
	return small === value ? small : value;
}
var Lines = class {
	#state;
	#end;
	request;
	bounds;
	farEnd = 0;
	#at = 0;
	#stop = 0;
	#nextPiece;
	constructor(state, request) {
		this.request = request;
		this.bounds = boundsFor(request);
		this.#state = state;
		this.#nextPiece = request.start;
		this.#end = request.end;
	}
	step() {
		const at = this.#at;
		if (at === this.#stop || isClosed(this.#state)) return this.#refill();
		this.#at = at + 2;
		return at;
	}
	#refill() {
		const { bytes } = this.#state;
		const end = Math.min(this.#end, bytes.length);
		const start = this.#nextPiece;
		if (start >= end) return -1;
		this.readPiece(bytes, start, end);
		const [next = end, count = 0, farEnd = 0] = measures$1;
		this.#nextPiece = smallInteger(next);
		this.farEnd = smallInteger(farEnd);
		this.#at = 2;
		this.#stop = 2 * count;
		return 0;
	}
	[Symbol.iterator]() {
		return this;
	}
};
var PieceText = class {
	#narrow = "";
	#wide = "";
	take(decoded, keepEnds, bounds) {
		[this.#narrow, this.#wide] = typeof decoded === "string" ? [decoded, ""] : decoded;
		if (measures$1[1] === -1) measures$1[1] = findLines(this.#narrow, keepEnds, bounds);
	}
	line(bounds, at) {
		const from = bounds[at];
		const end = bounds[at + 1];
		return from < 0 ? this.#wide.substring(~from, end) : this.#narrow.substring(from, end);
	}
};
function findLines(text, keepEnds, bounds) {
	let count = 0;
	for (let from = 0; from < text.length;) {
		const at = text.indexOf("\n", from);
		const next = at < 0 ? text.length : at + 1;
		const bare = at < 0 ? next : at > from && text.charCodeAt(at - 1) === CR ? at - 1 : at;
		bounds.set([from, keepEnds ? next : bare], 2 * count++);
		from = next;
	}
	return count;
}
function readBounds({ native, path }, start, end, pieceBytes, { encoding, keepEnds }, bounds) {
	return unwrap(native.lines(start, end, pieceBytes, encoding, keepEnds, bounds, measures$1), path);
}
var StringLines = class extends Lines {
	#text = new PieceText();
	readPiece(bytes, start, end) {
		const { bounds, request } = this;
		const decoded = readBounds(bytes, start, end, STRING_PIECE, request, bounds);
		this.#text.take(decoded, request.keepEnds, bounds);
	}
	next() {
		const at = this.step();
		const done = at < 0;
		return {
			done,
			value: done ? void 0 : this.#text.line(this.bounds, at)
		};
	}
};
const NO_BYTES = new ArrayBuffer(0);
const bufferOver = (() => {
	const { [Symbol.species]: Class } = Buffer;
	if (Class === void 0 || Class.prototype !== Buffer.prototype || Object.is(Class, Buffer)) return (memory, offset, length) => Buffer.from(memory, offset, length);
	return (memory, offset, length) => new Class(memory, offset, length);
})();
var BufferLines = class extends Lines {
	#memory = NO_BYTES;
	readPiece(bytes, start, end) {
		readBounds(bytes, start, end, BUFFER_PIECE, this.request, this.bounds);
		const length = measures$1[0] - start;
		const copy = Buffer.allocUnsafeSlow(length);
		bytes.copyOut(start, copy, 0, length);
		this.#memory = copy.buffer;
	}
	#line(at) {
		const from = this.bounds[at];
		return bufferOver(this.#memory, from, this.farEnd + this.bounds[at + 1] - from);
	}
	next() {
		const at = this.step();
		const done = at < 0;
		return {
			done,
			value: done ? void 0 : this.#line(at)
		};
	}
};
var OffsetsResult = class OffsetsResult {
	done;
	#start;
	#end;
	static {
		Object.defineProperty(OffsetsResult.prototype, node_util.inspect.custom, {
			configurable: true,
			writable: true,
			value() {
				return (0, node_util.inspect)({
					done: this.done,
					value: this.value
				});
			}
		});
	}
	constructor(done, start, end) {
		this.done = done;
		this.#start = start;
		this.#end = end;
	}
	get value() {
		return this.done ? void 0 : [this.#start, this.#end];
	}
};
var OffsetLines = class extends Lines {
	#pieceStart = 0;
	readPiece(bytes, start, end) {
		readBounds(bytes, start, end, OFFSETS_PIECE, this.request, this.bounds);
		this.#pieceStart = start;
	}
	next() {
		const found = this.step();
		const done = found < 0;
		const at = done ? 0 : found;
		const pieceStart = this.#pieceStart;
		return new OffsetsResult(done, pieceStart + this.bounds[at], pieceStart + this.farEnd + this.bounds[at + 1]);
	}
};
function lines(state, options) {
	const request = linesRequest(state.bytes, options);
	return new {
		string: StringLines,
		buffer: BufferLines,
		offsets: OffsetLines
	}[request.as](state, request);
}
function nextReadyLines(job, start, { encoding, keepEnds }, bounds) {
	const piece = unwrap(job.lines(start, encoding, bounds, measures$1));
	if (piece === null) return void 0;
	const lines = [];
	if (piece instanceof Uint8Array) {
		const [, count = 0, farEnd = 0] = measures$1;
		for (let at = 0; at < 2 * count; at += 2) {
			const from = bounds[at];
			lines.push(bufferOver(piece.buffer, piece.byteOffset + from, farEnd + bounds[at + 1] - from));
		}
	} else {
		const text = new PieceText();
		text.take(piece, keepEnds, bounds);
		const [, count = 0] = measures$1;
		for (let at = 0; at < 2 * count; at += 2) lines.push(text.line(bounds, at));
	}
	return lines;
}
function prepareLines(state, start, end, { encoding, keepEnds }, most, signal) {
	return runJob(state, { signal }, async (job) => {
		const { native } = state.bytes;
		const answer = await native.linesAsync(job, start, end, STRING_PIECE, JOB_BYTES, encoding, keepEnds, most);
		return typeof answer === "number" ? job : answer;
	});
}
function linesAsync(state, options) {
	state.bytes.length;
	return prepareAndCut(state, options);
}
async function* prepareAndCut(state, options) {
	const request = linesRequest(state.bytes, options, ["signal"]);
	if (request.as === "offsets") throw wrongValue("options.as", "'string' or 'buffer'", request.as);
	const signal$3 = signal(options?.signal);
	const bounds = boundsFor(request);
	let { start } = request;
	for (;;) {
		const end = Math.min(request.end, state.bytes.length);
		if (start >= end) return;
		const job = await prepareLines(state, start, end, request, bounds.length / 2, signal$3);
		try {
			for (;;) {
				state.bytes.length;
				if (signal$3?.aborted) throw new MmapAbortError(signal$3.reason);
				const ready = nextReadyLines(job, start, request, bounds);
				if (ready === void 0) break;
				start = measures$1[0];
				yield ready;
			}
		} finally {
			job.abort();
		}
	}
}
// lib/options/memory.ts
const ADVICE = [
	"normal",
	"random",
	"sequential",
	"willneed",
	"dontneed",
	"free",
	"remove",
	"dontfork",
	"dofork",
	"mergeable",
	"unmergeable",
	"hugepage",
	"nohugepage",
	"dontdump",
	"dodump",
	"cold",
	"pageout"
];
function advice(value) {
	if (typeof value === "number") return int32(value, "advice");
	if (typeof value !== "string") throw wrongType("advice", "of type string or number", value);
	if (!ADVICE.includes(value)) throw coded("ERR_INVALID_ARG_VALUE", `The argument 'advice' must be one of ${ADVICE.map((name) => `'${name}'`).join(", ")}${process.platform === "win32" ? "" : ", or a MADV_ constant"}. Received '${value}'`);
	return value;
}
// lib/members/memory.ts
function flushRange(state, offset, length, flags) {
	const whole = state.bytes.length;
	const from = size$1(offset === void 0 ? 0 : offset, "offset");
	if (from > whole) throw outOfRange("offset", `<= ${whole}`, offset);
	const rest = whole - from;
	const count = length === void 0 || length === null || length === -1 || length === -1n ? rest : size$1(length, "length");
	if (count > rest) throw outOfRange("length", `<= ${rest}`, length);
	return [
		from,
		count,
		flags === void 0 ? 0 : int32(flags, "options.flags")
	];
}
function flush(state, offset, length, options$3) {
	const { flags } = options(options$3, ["flags"]);
	const range = flushRange(state, offset, length, flags);
	ensure(state.bytes.native.flush(...range), state.path);
}
async function flushAsync(state, offset, length, options$4) {
	const { flags, signal: signal$2 } = options(options$4, ["flags", "signal"]);
	const range = flushRange(state, offset, length, flags);
	await runJob(state, { signal: signal(signal$2) }, () => state.bytes.native.flushAsync(...range));
}
function madvise(state, advice$1, start, length) {
	const { bytes } = state;
	const whole = bytes.length;
	const given = advice(advice$1);
	const from = size$1(start, "start");
	if (from >= whole && (from > 0 || whole > 0)) throw outOfRange("start", `< ${whole}`, start);
	const rest = whole - from;
	const count = length === void 0 || length === null ? rest : Math.min(rest, size$1(length, "length"));
	return unwrap(bytes.native.advise(given, from, count));
}
const LONGEST_NAME = 79;
function setName(state, name) {
	const { native } = state.bytes;
	const text = string(name, "name");
	if (text.includes("\0")) throw wrongValue("name", "a string without null bytes", name);
	if (Buffer.byteLength(text) > LONGEST_NAME) throw wrongValue("name", `at most ${LONGEST_NAME} bytes long`, name);
	ensure(native.setName(text));
}
// lib/members/named.ts
function unlink(name) {
	return unwrap(binding.unlink(string(name, "name")));
}
// lib/homes/engine.ts
const ENGINE = process.versions["bun"] !== void 0 ? 1 : process.versions["deno"] !== void 0 ? 2 : 0;
const isBun = ENGINE === 1;
const isDeno = ENGINE === 2;
// lib/homes/external-buffer.ts
const { detach: detachNatively, detached, handed, released } = binding;
const { slice } = ArrayBuffer.prototype;
const transfer = Reflect.get(ArrayBuffer.prototype, "transfer");
const registered = new Float64Array(2);
let leaksTransferred = node_worker_threads.isMainThread || isDeno;
function leakTransferredAtExit() {
	if (leaksTransferred) return;
	leaksTransferred = true;
	process.once("exit", () => binding.settle());
}
function detach(buffer, number) {
	if (buffer.byteLength === 0) return;
	detached(number);
	if (transfer === void 0 || isBun) {
		detachNatively(buffer);
		return;
	}
	try {
		transfer.call(buffer, 0);
	} catch {}
}
function copyWhenTransferred(buffer, number) {
	if (transfer === void 0) return;
	const value = (length) => {
		const copied = transfer.call(slice.call(buffer, 0), length);
		detach(buffer, number);
		return copied;
	};
	for (const name of ["transfer", "transferToFixedLength"]) Object.defineProperty(buffer, name, {
		value,
		configurable: true,
		writable: true
	});
}
var ExternalBuffer = class {
	array;
	#number;
	#isExposed = false;
	constructor(native, length) {
		this.array = length === 0 ? new ArrayBuffer(0) : unwrap(native.expose(registered, ENGINE));
		this.#number = length === 0 ? 0 : registered[0] ?? 0;
		leakTransferredAtExit();
		if (isBun && this.#number > 0) copyWhenTransferred(this.array, this.#number);
	}
	get isExposed() {
		return this.#isExposed;
	}
	expose() {
		if (!this.#isExposed) handed(this.#number);
		this.#isExposed = true;
	}
	detach() {
		detach(this.array, this.#number);
		if (!this.#isExposed && this.array.byteLength === 0) released(this.#number);
	}
};
// lib/homes/fault-watch.ts
const statusPlace = new Float64Array(3);
const statusChunks = [];
const NO_FAULT = new Int32Array(1);
const loadStatus = isBun ? (words, slot) => Atomics.load(words, slot) : (words, slot) => words[slot];
const PAGE_SIZE = 4096;
const REMEMBERED_PAGES = 64;
const READS_PER_CONFIRMATION = 1024;
var FaultWatch = class {
	status = NO_FAULT;
	slot = 0;
	probe = Number.MAX_SAFE_INTEGER;
	probed = 0;
	#confirmedPages;
	#readsLeft = 0;
	start(native) {
		native.watch(statusPlace);
		const [chunk = -1, slot = 0, probe = 0] = statusPlace;
		this.stop();
		if (chunk < 0) return;
		statusChunks[chunk] ??= new Int32Array(unwrap(binding.statusWords(chunk)));
		this.status = statusChunks[chunk];
		this.slot = slot;
		this.probe = probe;
	}
	stop() {
		this.status = NO_FAULT;
		this.slot = 0;
		this.probe = Number.MAX_SAFE_INTEGER;
		this.forgetPages();
	}
	get isFaultFree() {
		return loadStatus(this.status, this.slot) === 0;
	}
	isKnownStored(view, end) {
		if (end > this.probe) return false;
		if (this.probe < view.length) this.probed = view[this.probe];
		return loadStatus(this.status, this.slot) === 0;
	}
	isKnownFileData(view, start, end) {
		if (end > this.probe) return false;
		if (this.probe >= view.length || view[end - 1] !== 0) return loadStatus(this.status, this.slot) === 0;
		return this.#isConfirmed(start, end) && this.isKnownStored(view, end);
	}
	#isConfirmed(start, end) {
		if (this.#confirmedPages === void 0 || this.#readsLeft-- <= 0) return false;
		const [first, last] = [Math.floor(start / PAGE_SIZE), Math.floor((end - 1) / PAGE_SIZE)];
		if (last - first > 1) return false;
		return this.#confirmedPages[first % REMEMBERED_PAGES] === first + 1 && this.#confirmedPages[last % REMEMBERED_PAGES] === last + 1;
	}
	confirm(start, end) {
		if (this.probe >= Number.MAX_SAFE_INTEGER) return;
		if (this.#readsLeft <= 0) this.forgetPages();
		this.#confirmedPages ??= new Float64Array(REMEMBERED_PAGES);
		if (this.#readsLeft <= 0) this.#readsLeft = READS_PER_CONFIRMATION;
		const last = Math.floor((end - 1) / PAGE_SIZE);
		for (let page = Math.max(Math.floor(start / PAGE_SIZE), last - 1); page <= last; page++) this.#confirmedPages[page % REMEMBERED_PAGES] = page + 1;
	}
	forgetPages() {
		this.#confirmedPages?.fill(0);
		this.#readsLeft = 0;
	}
};
// lib/homes/native.ts
var NativeBytes = class {
	native;
	slack;
	path;
	length;
	constructor(native, length, slack, path) {
		this.native = native;
		this.length = length;
		this.slack = slack;
		this.path = path;
	}
	get home() {
		return "native";
	}
	byte(index) {
		return unwrap(this.native.byte(index), this.path);
	}
	setByte(index, value) {
		ensure(this.native.setByte(index, value), this.path);
	}
	copyOut(start, target, at, count) {
		const part = at === 0 && count === target.length ? target : target.subarray(at, at + count);
		ensure(this.native.copyOut(start, part), this.path);
	}
	copyIn(start, source) {
		ensure(this.native.copyIn(start, source), this.path);
	}
	find(needle, start, end, last) {
		return unwrap(this.native.find(needle, start, end, last), this.path);
	}
	view() {
		throw coded("ERR_MMAP_NO_VIEWS", "There are no views in the home 'native': use slice(), read(), readInto(), at(), set() or write() instead");
	}
	resize(length, reserve) {
		ensure(this.native.resize(length, reserve), this.path);
		this.length = length;
		return this;
	}
	faulted() {
		return unwrap(this.native.faulted(), this.path);
	}
	check() {
		ensure(this.native.verify(0, this.length), this.path);
	}
	reattach() {
		unwrap(this.native.reattach(), this.path);
	}
	close(_detach) {
		this.native.close();
	}
};
// lib/homes/external.ts
const LONGEST = node_buffer.constants.MAX_LENGTH;
let allowed;
function allowsExternal() {
	allowed ??= binding.allowsExternalBuffers();
	return allowed;
}
function requireExternal(length) {
	if (!allowsExternal()) throw coded("ERR_MMAP_NO_VIEWS", "This engine refuses ArrayBuffers over memory of others: the home 'external' is not to be had");
	if (length > LONGEST) throw coded("ERR_MMAP_NO_VIEWS", `The home 'external' ends at ${LONGEST} bytes on this engine. Received a length of ${length}`);
}
const copy = Uint8Array.prototype.set;
const LOOP_BYTES = 48;
const SMALL_RANGE = 1024;
function accessesBeforeBuffer(length) {
	return 16 + length / 2 ** 20;
}
var ExternalBytes = class extends NativeBytes {
	#buffer;
	#host;
	#accessesLeft;
	#isForced;
	#watch = new FaultWatch();
	constructor(native, length, slack, path, isForced) {
		super(native, length, slack, path);
		this.#isForced = isForced;
		this.#accessesLeft = accessesBeforeBuffer(length);
	}
	get home() {
		return "external";
	}
	#fastBuffer() {
		if (this.#buffer === void 0) {
			if (this.#accessesLeft-- > 0) return void 0;
			return this.#wholeBuffer();
		}
		return this.#buffer.length === this.length ? this.#buffer : void 0;
	}
	#wholeBuffer() {
		if (this.#buffer === void 0) {
			this.#host = new ExternalBuffer(this.native, this.length);
			this.#watch.start(this.native);
			this.#buffer = Buffer.from(this.#host.array, 0, this.length);
		}
		return this.#buffer.length === this.length ? this.#buffer : void 0;
	}
	#verifyRead(view, start, end) {
		if (start >= end || this.#watch.isKnownFileData(view, start, end)) return;
		this.#verify(start, end - start);
		this.#watch.confirm(start, end);
	}
	#verifyStored(view, start, end) {
		if (!this.#watch.isKnownStored(view, end)) this.#verify(start, end - start);
	}
	#verify(start, length) {
		ensure(this.native.verify(start, length), this.path);
	}
	byte(index) {
		const view = this.#buffer ?? this.#fastBuffer();
		const byte = view?.[index];
		if (view === void 0 || byte === void 0) return super.byte(index);
		if (byte === 0 ? this.#watch.isKnownFileData(view, index, index + 1) : this.#watch.isFaultFree) return byte;
		const verified = super.byte(index);
		this.#watch.confirm(index, index + 1);
		return verified;
	}
	setByte(index, value) {
		const view = this.#fastBuffer();
		if (view === void 0) super.setByte(index, value);
		else {
			view[index] = value;
			this.#verifyStored(view, index, index + 1);
		}
	}
	copyOut(start, target, at, count) {
		const view = this.#fastBuffer();
		if (view === void 0) {
			super.copyOut(start, target, at, count);
			return;
		}
		if (count <= LOOP_BYTES && target.buffer !== view.buffer) for (let n = 0; n < count; n++) target[at + n] = view[start + n];
		else copy.call(target, view.subarray(start, start + count), at);
		this.#verifyRead(view, start, start + count);
	}
	copyIn(start, source) {
		const view = this.#fastBuffer();
		if (view === void 0) super.copyIn(start, source);
		else {
			view.set(source, start);
			this.#verifyStored(view, start, start + source.length);
		}
	}
	find(needle, start, end, last) {
		const view = end - start <= SMALL_RANGE && needle.length > 0 ? this.#fastBuffer() : void 0;
		if (view === void 0) return super.find(needle, start, end, last);
		const range = view.subarray(start, end);
		const found = last ? range.lastIndexOf(needle) : range.indexOf(needle);
		const from = found >= 0 && last ? start + found : start;
		this.#verifyRead(view, from, found >= 0 && !last ? start + found + needle.length : end);
		return found < 0 ? found : start + found;
	}
	view() {
		const buffer = this.#wholeBuffer();
		if (buffer === void 0) throw coded("ERR_MMAP_NO_VIEWS", "The ArrayBuffer of the mapping was transferred away");
		this.#host?.expose();
		return buffer;
	}
	#detach() {
		const host = this.#host;
		this.#buffer = void 0;
		this.#host = void 0;
		this.#watch.stop();
		host?.detach();
	}
	resize(length, reserve) {
		if (this.#isForced) requireExternal(length);
		if (!this.#host?.isExposed) this.#detach();
		super.resize(length, reserve);
		this.#detach();
		return length <= LONGEST ? this : new NativeBytes(this.native, length, this.slack, this.path);
	}
	faulted() {
		return this.#buffer === void 0 ? super.faulted() : !this.#watch.isFaultFree;
	}
	reattach() {
		this.#watch.forgetPages();
		if (!unwrap(this.native.reattach(), this.path)) this.#detach();
	}
	close(detach) {
		if (detach) this.#detach();
		super.close(detach);
	}
};
// lib/homes/choose.ts
function chooseHome(native, length, slack, home, path) {
	if (home === "external") requireExternal(length);
	return (home === void 0 ? length <= LONGEST && allowsExternal() : home === "external") ? new ExternalBytes(native, length, slack, path, home !== void 0) : new NativeBytes(native, length, slack, path);
}
// lib/homes/fault-handlers.ts
const { arm } = binding;
let listening = !node_worker_threads.isMainThread;
function reinstall(name) {
	if (name !== "SIGBUS" && name !== "SIGSEGV") return;
	arm();
	queueMicrotask(arm);
	setImmediate(arm).unref();
}
function keepFaultHandlersInstalled() {
	if (listening) return;
	listening = true;
	process.on("newListener", reinstall);
	process.on("removeListener", reinstall);
}
// lib/options/access.ts
const ACCESSES = [
	"read",
	"write",
	"copy"
];
function accessCode(access) {
	return access === void 0 ? 0 : ACCESSES.indexOf(access) + 1;
}
// lib/homes/home.ts
const HOMES = ["external", "native"];
// lib/options/open.ts
const UNIX_KEYS = ["prot", "flags"];
const PORTABLE_KEYS = [
	"access",
	"offset",
	"trackfd",
	"tagname",
	"home",
	"faults"
];
const CONSTRUCTOR_KEYS = process.platform === "win32" ? PORTABLE_KEYS : [...PORTABLE_KEYS, ...UNIX_KEYS];
const OPEN_KEYS = [
	"access",
	"offset",
	"length",
	"create",
	"home",
	"faults"
];
const DEFAULT_HOME = process.env["MEMMAP_HOME"] || void 0;
const DEFAULT_FAULTS = process.env["MEMMAP_FAULTS"] || void 0;
function home(value) {
	if (value !== void 0) return oneOf(value, "options.home", HOMES);
	return DEFAULT_HOME === void 0 ? void 0 : oneOf(DEFAULT_HOME, "MEMMAP_HOME", HOMES);
}
const FAULTS = ["guard", "crash"];
function isGuarded(value) {
	return (value === void 0 ? oneOf(DEFAULT_FAULTS, "MEMMAP_FAULTS", FAULTS) : oneOf(value, "options.faults", FAULTS)) !== "crash";
}
const optionalInt32 = (value, name) => value === void 0 ? void 0 : int32(value, name);
function constructorRequest(fd, given) {
	const options$2 = options(given, CONSTRUCTOR_KEYS);
	if (options$2.tagname !== void 0 && fd !== -1 && process.platform !== "win32") throw wrongValue("options.tagname", "used with the fileno -1 on this system", options$2.tagname);
	return {
		offset: size$1(options$2.offset === void 0 ? 0 : options$2.offset, "options.offset"),
		prot: optionalInt32(options$2.prot, "options.prot"),
		flags: optionalInt32(options$2.flags, "options.flags"),
		access: oneOf(options$2.access, "options.access", ACCESSES),
		track: boolean(options$2.trackfd, "options.trackfd", true),
		tagname: options$2.tagname === void 0 ? void 0 : string(options$2.tagname, "options.tagname"),
		home: home(options$2.home),
		guard: isGuarded(options$2.faults)
	};
}
function resultingAccess({ access, prot }) {
	if (access !== void 0) return access;
	return prot === void 0 || (prot & (constants["PROT_WRITE"] ?? 0)) !== 0 ? "write" : "read";
}
function openRequest(given, furtherKeys = []) {
	const options$1 = options(given, [...OPEN_KEYS, ...furtherKeys]);
	const access = oneOf(options$1.access, "options.access", ACCESSES) ?? "read";
	const create = boolean(options$1.create, "options.create", false);
	if (create && access !== "write") throw wrongValue("options.create", "used with the access 'write' alone", true);
	return {
		access,
		create,
		offset: size$1(options$1.offset === void 0 ? 0 : options$1.offset, "options.offset"),
		length: size$1(options$1.length === void 0 ? 0 : options$1.length, "options.length"),
		home: home(options$1.home),
		guard: isGuarded(options$1.faults),
		signal: signal(options$1.signal)
	};
}
function anonymousOptions(given) {
	return options(given, [
		"access",
		"home",
		"faults"
	]);
}
// lib/options/path.ts
function path(value) {
	const plain = value instanceof URL ? (0, node_url.fileURLToPath)(value) : value;
	if ((0, node_util_types.isUint8Array)(plain)) {
		if (plain.includes(0)) throw wrongValue("path", "without null bytes", plain);
		return {
			bytes: plain,
			text: Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString()
		};
	}
	if (typeof plain !== "string") throw wrongType("path", "of type string or an instance of Buffer or URL", value);
	if (plain.includes("\0")) throw wrongValue("path", "a string without null bytes", plain);
	return {
		bytes: Buffer.from(plain === "" ? plain : (0, node_path.toNamespacedPath)((0, node_path.resolve)(plain))),
		text: plain
	};
}
function descriptor(fileno) {
	if (typeof fileno === "number") return int32(fileno, "fileno");
	const fd = typeof fileno === "object" && fileno !== null ? Reflect.get(fileno, "fd") : void 0;
	if (typeof fd !== "number") throw wrongType("fileno", "a file descriptor or an object with one (`fd`)", fileno);
	return fd === -1 ? -2 : int32(fd, "fileno.fd");
}
// lib/members/open.ts
const measures = new Float64Array(2);
const EXHAUSTED = new Set([
	"ENOMEM",
	"EMFILE",
	"ENFILE"
]);
function isExhausted(answer) {
	return isFailure(answer) && EXHAUSTED.has(systemErrorName(answer));
}
function garbageCollector() {
	const bun = Reflect.get(globalThis, "Bun");
	if (bun !== void 0) return () => bun.gc(true);
	(0, node_v8.setFlagsFromString)("--expose-gc");
	return (0, node_vm.runInNewContext)("gc");
}
function closeCollected() {
	binding.sweep();
}
function collectAndClose() {
	try {
		garbageCollector()?.();
	} catch {}
	closeCollected();
}
function withReclaim(ask, path) {
	let answer = ask();
	for (const reclaim of [closeCollected, collectAndClose]) {
		if (!isExhausted(answer)) break;
		reclaim();
		answer = ask();
	}
	if (isFailure(answer)) throw failed(answer, path);
	return answer;
}
function newState(native, { guard, home, offset }, access, path) {
	if (guard) keepFaultHandlersInstalled();
	const [length = 0, slack = 0] = measures;
	try {
		return new MappingState(chooseHome(native, length, slack, home, path), offset, access, path);
	} catch (error) {
		native.undo();
		throw error;
	}
}
function mapDescriptor(fileno, length, options) {
	const fd = descriptor(fileno);
	const bytes = size$1(length, "length");
	const request = constructorRequest(fd, options);
	const { access, flags, guard, offset, prot, tagname, track } = request;
	return newState(withReclaim(() => binding.map(fd, bytes, offset, accessCode(access), prot, flags, track, guard, tagname, measures)), request, resultingAccess(request));
}
function open(given, options) {
	const { bytes, text } = path(given);
	const request = openRequest(options);
	const { access, create, guard, length, offset } = request;
	return newState(withReclaim(() => binding.open(bytes, length, offset, accessCode(access), create, guard, measures), text), request, access, text);
}
async function openNative({ bytes, text }, request) {
	const { access, create, guard, length, offset } = request;
	const ask = () => binding.openAsync(bytes, length, offset, accessCode(access), create, guard);
	let answer = await ask();
	if (isExhausted(answer)) {
		collectAndClose();
		answer = await ask();
	}
	if (isFailure(answer)) throw failed(answer, text);
	return answer;
}
async function openAsync(given, options) {
	const where = path(given);
	const request = openRequest(options, ["signal"]);
	const native = await interruptible(() => openNative(where, request), {
		signal: request.signal,
		discard: (late) => late.undo()
	});
	native.measure(measures);
	return newState(native, request, request.access, where.text);
}
// lib/options/search.ts
const KEYS = [
	"signal",
	"threads",
	"onProgress"
];
const MOST_THREADS = 64;
function searchRequest(given) {
	const { signal: signal$1, threads, onProgress } = options(given, KEYS);
	if (onProgress !== void 0 && typeof onProgress !== "function") throw wrongType("options.onProgress", "of type function", onProgress);
	return {
		signal: signal(signal$1),
		threads: threads === void 0 ? MOST_THREADS : Math.min(MOST_THREADS, size$1(threads, "options.threads", 1)),
		onProgress
	};
}
function matchAllOptions(given) {
	return options(given, [
		...KEYS,
		"start",
		"end"
	]);
}
// lib/members/match.ts
const FIRST_BATCH = 16;
const BATCH = 1024;
const MOST_SLOTS = 65536;
const TEXT_BYTES = 65536;
const NO_SLOTS = new Float64Array(0);
const NO_TEXT = Buffer.alloc(0);
function widthOf(names) {
	return 2 * names.length + 1;
}
function batchSize(names, most) {
	return Math.min(most, Math.max(1, Math.floor(MOST_SLOTS / widthOf(names))));
}
function batchOf(state, names, slots, text) {
	return {
		names,
		slots,
		text,
		copy: (start, length) => copyOf(state.bytes, start, length)
	};
}
function cursorAt(position, end) {
	return Float64Array.of(position, 0, position > end ? 1 : 0);
}
const isAtEnd = (cursor) => cursor[2] !== 0;
let scratch;
function textOf(written, slots, width, count) {
	for (let slot = (count - 1) * width; slot >= 0; slot -= width) {
		const [index = 0, end = 0] = slots.subarray(slot);
		const textStart = slots[slot + width - 1];
		if (textStart >= 0) return Buffer.from(written.subarray(0, textStart + end - index));
	}
	return NO_TEXT;
}
var Matches = class {
	#state;
	#compiled;
	#start;
	#end;
	#cursor;
	#width;
	#batch;
	#slot = 0;
	#stop = 0;
	#most = FIRST_BATCH;
	constructor(state, compiled, start, end, at) {
		this.#state = state;
		this.#compiled = compiled;
		this.#start = start;
		this.#end = end;
		this.#cursor = cursorAt(at, end);
		this.#width = widthOf(compiled.names);
		this.#batch = batchOf(state, compiled.names, NO_SLOTS, NO_TEXT);
	}
	next() {
		const done = (this.#slot === this.#stop || isClosed(this.#state)) && !this.#nextBatch();
		const slot = this.#slot;
		if (!done) this.#slot = slot + this.#width;
		return {
			done,
			value: done ? void 0 : new ByteMatch(this.#batch, slot)
		};
	}
	#nextBatch() {
		const { bytes } = this.#state;
		const end = Math.min(this.#end, bytes.length);
		if (isAtEnd(this.#cursor) || this.#start > end) return false;
		const { native, names } = this.#compiled;
		const slots = new Float64Array(batchSize(names, this.#most) * this.#width);
		this.#most = BATCH;
		scratch ??= Buffer.allocUnsafeSlow(TEXT_BYTES);
		const count = unwrap(bytes.native.matches(native, this.#start, end, this.#cursor, slots, scratch), bytes.path);
		this.#batch = batchOf(this.#state, names, slots, textOf(scratch, slots, this.#width, count));
		this.#slot = 0;
		this.#stop = count * this.#width;
		return count > 0;
	}
	[Symbol.iterator]() {
		return this;
	}
};
function firstMatch(state, compiled, start, end, at) {
	const { bytes } = state;
	const { names, native } = compiled;
	const slots = new Float64Array(widthOf(names));
	if (unwrap(bytes.native.matches(native, start, end, cursorAt(at, end), slots, NO_TEXT), bytes.path) === 0) return null;
	const [index = 0, last = 0] = slots;
	const isShort = last - index <= TEXT_BYTES;
	slots[2 * names.length] = isShort ? 0 : -1;
	return new ByteMatch(batchOf(state, names, slots, isShort ? copyOf(bytes, index, last - index) : NO_TEXT), 0);
}
async function* matchesAsync(state, compiled, start, end, at, { signal, threads, jobOptions, most = BATCH }) {
	const { names, native } = compiled;
	const size = batchSize(names, most);
	const width = widthOf(names);
	let cursor = cursorAt(at, end);
	while (!isAtEnd(cursor)) {
		const from = cursor;
		const to = Math.min(end, state.bytes.length);
		if (start > to) return;
		const found = await runJob(state, jobOptions((from[0] ?? start) - start), (job) => state.bytes.native.matchesAsync(job, native, start, to, from, size, TEXT_BYTES, threads));
		const batch = batchOf(state, names, found.slots, found.text);
		for (let match = 0; match < found.count; match++) {
			state.bytes.length;
			if (signal?.aborted) throw new MmapAbortError(signal.reason);
			yield new ByteMatch(batch, match * width);
		}
		cursor = found.place;
	}
}
// lib/members/pattern.ts
const { get: sourceOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, "source");
const { get: flagsOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, "flags");
const cache = new Map();
const CACHE_SIZE = 64;
const WHOLE_MATCH_ONLY = [null];
function compile(pattern, name = "pattern") {
	if (!(0, node_util_types.isRegExp)(pattern)) {
		const bytes = typeof pattern === "string" ? Buffer.from(pattern) : bytesOrCopy(pattern, name, "of type string or an instance of RegExp or ");
		return {
			native: binding.verbatim(bytes),
			names: WHOLE_MATCH_ONLY
		};
	}
	const source = sourceOf.call(pattern);
	const flags = flagsOf.call(pattern).replaceAll(/[dg]/g, "");
	const key = `${flags}/${source}`;
	let compiled = cache.get(key);
	if (compiled === void 0) {
		const native = unwrap(binding.compile(source, flags));
		compiled = {
			native,
			names: native.groups()
		};
		if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value);
	} else cache.delete(key);
	cache.set(key, compiled);
	return compiled;
}
// lib/members/search.ts
function range(bytes, start, end) {
	const { length } = bytes;
	const from = bound(start, "start", length, 0);
	return [from, Math.max(from, bound(end, "end", length, length))];
}
function startOfAll(pattern, from) {
	if (!(0, node_util_types.isRegExp)(pattern)) return from;
	if (!pattern.global) throw wrongValue("pattern", "a RegExp with the flag g", pattern);
	return Math.max(from, pattern.lastIndex);
}
function search(state, pattern, start, end) {
	const { bytes } = state;
	const [from, to] = range(bytes, start, end);
	if (!(0, node_util_types.isRegExp)(pattern)) return bytes.find(needleBytes(pattern), from, to, false);
	return unwrap(bytes.native.search(compile(pattern).native, from, to, from), bytes.path);
}
function match(state, pattern, start, end) {
	const [from, to] = range(state.bytes, start, end);
	const compiled = compile(pattern);
	if (!(0, node_util_types.isRegExp)(pattern) || !(pattern.global || pattern.sticky)) return firstMatch(state, compiled, from, to, from);
	const at = Math.max(from, pattern.lastIndex);
	const found = at > to ? null : firstMatch(state, compiled, from, to, at);
	pattern.lastIndex = found === null ? 0 : found.end;
	return found;
}
function matchAll(state, pattern, start, end) {
	const [from, to] = range(state.bytes, start, end);
	const at = startOfAll(pattern, from);
	return new Matches(state, compile(pattern), from, to, at);
}
function count(state, pattern, start, end) {
	const { bytes } = state;
	const { length } = bytes;
	const from = bound(start, "start", length, 0);
	const to = bound(end, "end", length, length);
	const { native } = compile(pattern, "needle");
	return from > to ? 0 : unwrap(bytes.native.count(native, from, to), bytes.path);
}
function jobOptions({ signal, onProgress }, total, searched = 0) {
	return {
		signal,
		onProgress: onProgress && ((done) => onProgress(Math.min(total, searched + done), total))
	};
}
async function findAsync(state, needle, start$1, end, options, last) {
	const { bytes } = state;
	const { length } = bytes;
	const request = searchRequest(options);
	const wanted = needleBytes(needle);
	const from = start(start$1, "start", length, state.position);
	const to = bound(end, "end", length, length);
	if (from > to) return -1;
	return runJob(state, jobOptions(request, to - from), (job) => bytes.native.findAsync(job, wanted, from, to, last, request.threads));
}
async function countAsync(state, pattern, start, end, options) {
	const { bytes } = state;
	const { length } = bytes;
	const request = searchRequest(options);
	const { native } = compile(pattern);
	const from = bound(start, "start", length, 0);
	const to = bound(end, "end", length, length);
	if (from > to) return 0;
	return runJob(state, jobOptions(request, to - from), (job) => bytes.native.countAsync(job, native, from, to, request.threads));
}
async function matchAsync(state, pattern, start, end, options) {
	const [from, to] = range(state.bytes, start, end);
	const moves = (0, node_util_types.isRegExp)(pattern) && (pattern.global || pattern.sticky);
	const at = moves ? Math.max(from, pattern.lastIndex) : from;
	const compiled = compile(pattern);
	const request = searchRequest(options);
	const matches = matchesAsync(state, compiled, from, to, at, {
		...request,
		jobOptions: (searched) => jobOptions(request, to - from, searched),
		most: 1
	});
	const { value } = await matches.next();
	await matches.return();
	const found = value ?? null;
	if (moves) pattern.lastIndex = found === null ? 0 : found.end;
	return found;
}
function matchAllAsync(state, pattern, options) {
	state.bytes.length;
	const { start, end, ...rest } = matchAllOptions(options);
	const [from, to] = range(state.bytes, start, end);
	const at = startOfAll(pattern, from);
	const compiled = compile(pattern);
	const request = searchRequest(rest);
	return matchesAsync(state, compiled, from, to, at, {
		...request,
		jobOptions: (searched) => jobOptions(request, to - from, searched)
	});
}
// lib/mmap.ts
var Mmap = class Mmap {
	static {
		Object.defineProperty(Mmap.prototype, node_util.inspect.custom, {
			configurable: true,
			writable: true,
			value() {
				return description(stateOf(this), this.constructor?.name ?? "Mmap");
			}
		});
	}
	constructor(fileno, length = 0, options) {
		attachState(this, mapDescriptor(fileno, length, options));
	}
	static open(path, options) {
		return attachState(Object.create(Mmap.prototype), open(path, options));
	}
	static async openAsync(path, options) {
		return attachState(Object.create(Mmap.prototype), await openAsync(path, options));
	}
	static anonymous(length, options) {
		return new Mmap(-1, size$1(length, "length", 1), anonymousOptions(options));
	}
	static unlink(name) {
		return unlink(name);
	}
	get length() {
		return stateOf(this).bytes.length;
	}
	get offset() {
		return fact(stateOf(this), "offset");
	}
	get access() {
		return fact(stateOf(this), "access");
	}
	get path() {
		return fact(stateOf(this), "path");
	}
	get home() {
		return stateOf(this).bytes.home;
	}
	get closed() {
		return isClosed(stateOf(this));
	}
	get faulted() {
		return stateOf(this).bytes.faulted();
	}
	check() {
		stateOf(this).bytes.check();
	}
	reattach() {
		stateOf(this).bytes.reattach();
	}
	close(options) {
		close(stateOf(this), options);
	}
	[Symbol.dispose]() {
		this.close();
	}
	get buffer() {
		return stateOf(this).bytes.view();
	}
	subarray(start, end) {
		return subarray(stateOf(this), start, end);
	}
	view(type, byteOffset = 0, length) {
		return view(stateOf(this), type, byteOffset, length);
	}
	slice(start, end) {
		return slice$1(stateOf(this), start, end);
	}
	at(index) {
		return at(stateOf(this), index);
	}
	set(source, offset = 0) {
		set(stateOf(this), source, offset);
	}
	fill(value, start, end) {
		fill(stateOf(this), value, start, end);
		return this;
	}
	includes(needle, start) {
		return includes(stateOf(this), needle, start);
	}
	equals(other) {
		return equals(stateOf(this), other);
	}
	valueOf() {
		return slice$1(stateOf(this));
	}
	[Symbol.iterator]() {
		return iterate(stateOf(this));
	}
	read(size) {
		return read(stateOf(this), size);
	}
	readInto(target, offset = 0, length, position) {
		return readInto(stateOf(this), target, offset, length, position);
	}
	readByte() {
		return readByte(stateOf(this));
	}
	readLine() {
		return readLine(stateOf(this));
	}
	write(data, encoding) {
		return write(stateOf(this), data, encoding);
	}
	writeByte(value) {
		writeByte(stateOf(this), value);
	}
	seek(position, whence = 0) {
		return seek(stateOf(this), position, whence);
	}
	tell() {
		return tell(stateOf(this));
	}
	seekable() {
		return seekable(stateOf(this));
	}
	size() {
		return size(stateOf(this));
	}
	find(needle, start, end) {
		return find(stateOf(this), needle, start, end, false);
	}
	rfind(needle, start, end) {
		return find(stateOf(this), needle, start, end, true);
	}
	move(dest, src, count) {
		move(stateOf(this), dest, src, count);
	}
	resize(length, options) {
		resize(stateOf(this), length, options);
	}
	flush(offset, length, options) {
		flush(stateOf(this), offset, length, options);
	}
	async flushAsync(offset, length, options) {
		return flushAsync(stateOf(this), offset, length, options);
	}
	madvise(advice, start = 0, length) {
		return madvise(stateOf(this), advice, start, length);
	}
	setName(name) {
		setName(stateOf(this), name);
	}
	search(pattern, start, end) {
		return search(stateOf(this), pattern, start, end);
	}
	match(pattern, start, end) {
		return match(stateOf(this), pattern, start, end);
	}
	matchAll(pattern, start, end) {
		return matchAll(stateOf(this), pattern, start, end);
	}
	count(pattern, start, end) {
		return count(stateOf(this), pattern, start, end);
	}
	lines(options) {
		return lines(stateOf(this), options);
	}
	linesAsync(options) {
		return linesAsync(stateOf(this), options);
	}
	async findAsync(needle, start, end, options) {
		return findAsync(stateOf(this), needle, start, end, options, false);
	}
	async rfindAsync(needle, start, end, options) {
		return findAsync(stateOf(this), needle, start, end, options, true);
	}
	async countAsync(pattern, start, end, options) {
		return countAsync(stateOf(this), pattern, start, end, options);
	}
	async matchAsync(pattern, start, end, options) {
		return matchAsync(stateOf(this), pattern, start, end, options);
	}
	matchAllAsync(pattern, options) {
		return matchAllAsync(stateOf(this), pattern, options);
	}
};
exports.ALLOCATIONGRANULARITY = ALLOCATIONGRANULARITY;
exports.ByteMatch = ByteMatch;
exports.Mmap = Mmap;
exports.MmapAbortError = MmapAbortError;
exports.MmapError = MmapError;
exports.MmapFaultError = MmapFaultError;
exports.MmapPatternError = MmapPatternError;
exports.MmapRangeError = MmapRangeError;
exports.MmapSystemError = MmapSystemError;
exports.MmapTypeError = MmapTypeError;
exports.PAGESIZE = PAGESIZE;
exports.constants = constants;
