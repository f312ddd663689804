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
let node_buffer = require("node:buffer");
let node_v8 = require("node:v8");
let node_vm = require("node:vm");
let node_worker_threads = require("node:worker_threads");
let node_url = require("node:url");
// package.json
var version = "0.1.0";
// lib/libc.ts
function attempt(ask) {
	try {
		return ask();
	} catch {
		return;
	}
}
function libc() {
	return attempt(interpreter) ?? attempt(reported) ?? attempt(lister) ?? attempt(folder);
}
function interpreter() {
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
function reported() {
	const { header, sharedObjects } = report();
	if (header?.glibcVersionRuntime !== void 0) return "glibc";
	return sharedObjects?.some((file) => /\/(ld-musl-|libc\.musl-)/.test(file)) ? "musl" : void 0;
}
function lister() {
	const text = node_fs.default.readFileSync("/usr/bin/ldd", "latin1");
	if (text.includes("musl")) return "musl";
	return /GNU|GLIBC/.test(text) ? "glibc" : void 0;
}
function folder() {
	return node_fs.default.readdirSync("/lib").some((name) => name.startsWith("ld-musl-")) ? "musl" : void 0;
}
function glibcVersion() {
	return process.versions["deno"] === void 0 ? attempt(report)?.header?.glibcVersionRuntime : void 0;
}
// lib/errors.ts
function signed(error, code) {
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
		signed(this, code);
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
		signed(this, "ERR_MMAP_PATTERN");
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
		signed(this, code);
	}
};
var MmapRangeError = class extends RangeError {
	code;
	constructor(code, message) {
		super(message);
		this.code = code;
		signed(this, code);
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
function known({ name, number }) {
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
function failed(failure, path) {
	if (failure.reason != null) {
		const where = path === void 0 ? "" : `, '${path}'`;
		return new MmapFaultError(failure.message + where, failure.offset ?? 0, failure.reason, path);
	}
	if (failure.code === "ERR_MMAP_PATTERN") return new MmapPatternError(failure.message, failure.offset ?? void 0);
	if (failure.code !== "") return coded(failure.code, failure.message);
	const { errno, name, text } = known(failure);
	const syscall = failure.syscall ?? "mmap";
	return new MmapSystemError(`${name}: ${failure.number == null || text === "" ? failure.message : text}, ${syscall}${path === void 0 ? "" : ` '${path}'`}`, name, errno, syscall, path);
}
function unwrap(answer, path) {
	if (typeof answer === "object" && answer !== null && "code" in answer) throw failed(answer, path);
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
// lib/install.ts
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
function agent() {
	const agent = process.env["npm_config_user_agent"] ?? "";
	const [, name, version = ""] = /^(npm|pnpm|yarn|bun|deno)\/(\d*)/.exec(agent) ?? [];
	if (name === void 0) return ["bun", "deno"].find((each) => process.versions[each] !== void 0);
	return name === "yarn" && version !== "1" ? "berry" : name;
}
function skipped(folder) {
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
	const running = agent();
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
			skipped: skipped(folder)
		};
	}
	return {
		manager: running ?? "npm",
		folder: void 0,
		lock: void 0,
		listed: false,
		skipped: skipped(void 0)
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
// lib/load-error.ts
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
function library() {
	if (process.platform !== "linux") return [];
	const name = libc();
	if (name === void 0) return ["an unknown C library"];
	return [name === "glibc" ? ["glibc", glibcVersion()].filter(Boolean).join(" ") : name];
}
function system() {
	const { arch, platform, versions } = process;
	const engine = [
		"electron",
		"bun",
		"deno"
	].find((each) => versions[each] !== void 0) ?? "node";
	return [
		`${platform} ${arch}`,
		...library(),
		`${engine} ${versions[engine]}`
	].join(", ");
}
function told(headline, facts, mend, cause) {
	return new MmapError("ERR_MMAP_BINARY", [
		headline,
		...[`this is ${system()}`, ...facts].filter((fact) => fact !== void 0).map((fact) => `- ${fact}`),
		`To mend it: ${mend}`
	].join("\n"), cause === void 0 ? void 0 : { cause });
}
const OWN = "build it from source on this system, and name the file that comes of it in the environment variable NAPI_RS_NATIVE_LIBRARY_PATH";
function unsupported({ tuple, version }) {
	return told(`memmap ${version} has no binary for ${tuple}`, [`it has them for ${TUPLES.join(", ")}`], OWN);
}
function strangers({ find, tuple }) {
	const there = TUPLES.filter((each) => each !== tuple && resolved(find, `@memmap/${each}/package.json`) !== void 0);
	if (there.length === 0) return void 0;
	return `there is ${there.map((each) => `@memmap/${each}`).join(" and ")} instead: node_modules was made on, or for, another system or processor`;
}
function packed({ archived, self }) {
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
	return told(headline, [place && `it is ${node_path.default.dirname(place)}`, packed(lookup)], remedy(install, "missing", version));
}
function left({ listed, lock, skipped }) {
	if (skipped !== void 0) return [`optional dependencies are left out by ${skipped}`];
	if (lock === void 0) return ["an install leaves it out when told to (--omit=optional, --no-optional)"];
	if (listed) return [`${lock} lists it: an install was told to leave it out (--omit=optional, --no-optional), or it was removed`];
	return [`${lock} does not list it: it was made on another system (npm/cli#4828), or without optional dependencies`];
}
function absent(lookup, cause) {
	const { self, tuple, version } = lookup;
	const name = `@memmap/${tuple}`;
	const install = inspectInstall(self, name);
	const folder = resolved(lookup.find, `${name}/package.json`);
	const trouble = folder === void 0 ? "missing" : "broken";
	return told(folder === void 0 ? `The binary of memmap ${version} is missing: ${name}@${version}, an optional dependency, is not installed` : `The binary of memmap ${version} is missing: ${node_path.default.dirname(folder)} is there, but not its file memmap.${tuple}.node`, [
		strangers(lookup),
		...trouble === "missing" ? left(install) : [],
		packed(lookup)
	], remedy(install, trouble, version), cause);
}
const NEEDS_GLIBC = /\bGLIBC_(\d+)\.(\d+)/g;
function verdict(error) {
	const { code, message, name } = error;
	const [newest] = [...message.matchAll(NEEDS_GLIBC)].map(([, a, b]) => [Number(a), Number(b)]).sort(([a, b], [c, d]) => c - a || d - b);
	if (newest !== void 0) {
		const needed = newest.join(".");
		return [`glibc is too old: it needs ${needed} or newer`, `use a system with glibc ${needed} or newer, or ${OWN}`];
	}
	if (/libc\.musl-|ld-musl-/.test(message)) return ["it is for musl", OWN];
	if (/ld-linux|libc\.so\.6|symbol not found/.test(message) && libc() === "musl") return ["it is for glibc", OWN];
	if (code === "ERR_DLOPEN_DISABLED") return ["addons are switched off", "start the program without --no-addons"];
	if (name === "NotCapable" || name === "PermissionDenied") return ["Deno forbids it", "start the program with --allow-ffi"];
	if (/failed to map segment|Operation not permitted/.test(message)) return ["nothing may run from where it is (a file system mounted noexec?)", "install to a place from which code may run"];
}
function unloadable(lookup, error, file, origin) {
	const { self, tuple, version } = lookup;
	const found = file ?? resolved(lookup.find, `@memmap/${tuple}`);
	if (found === void 0) return absent(lookup, error);
	const reason = error instanceof Error ? error : new Error(String(error));
	const message = reason.message.trim().replaceAll("\n", "\n  ");
	const facts = [origin && `named by ${origin}`];
	if (!node_fs.default.existsSync(found)) return told(`There is no file ${found}`, facts, `correct ${origin}`, error);
	const [meaning, mend] = verdict(reason) ?? [];
	const headline = `The binary of memmap ${version} for ${tuple} cannot be loaded${meaning ? `: ${meaning}` : ""}`;
	const own = origin === void 0 ? remedy(inspectInstall(self, `@memmap/${tuple}`), "broken", version) : OWN;
	return told(headline, [
		`file: ${found}`,
		...facts,
		`the loader says: ${message}`,
		packed(lookup)
	], mend ?? own, error);
}
// lib/load.ts
const VARIABLE = "NAPI_RS_NATIVE_LIBRARY_PATH";
const self = typeof __filename === "string" ? __filename : node_path.default.resolve("index.js");
function unpacked$1(file) {
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
function load$1() {
	const lookup = {
		version,
		self,
		tuple: tuple(),
		find: (0, node_module.createRequire)(self),
		archived: unpacked$1(self) !== self
	};
	const named = process.env[VARIABLE];
	if (named) return loaded(lookup, node_path.default.resolve(named), VARIABLE);
	const beside = node_path.default.join(node_path.default.dirname(self), `memmap.${lookup.tuple}.node`);
	const file = [unpacked$1(beside), beside].find((each) => node_fs.default.existsSync(each));
	if (file !== void 0) return loaded(lookup, file, `beside ${node_path.default.basename(self)}`);
	if (lookup.archived) {
		const outside = {
			...lookup,
			find: (0, node_module.createRequire)(unpacked$1(self))
		};
		const found = versionOf(outside);
		if (found !== void 0 && found !== version) throw mismatched(outside, found);
		if (found !== void 0) return loaded(outside, outside.find.resolve(`@memmap/${lookup.tuple}`), "unpacked");
	}
	const found = versionOf(lookup);
	if (found !== void 0 && found !== version) throw mismatched(lookup, found);
	return required(lookup);
}
const binding = load$1();
// lib/constants.ts
const PAGESIZE = binding.pageSize();
const ALLOCATIONGRANULARITY = binding.allocationGranularity();
const constants = Object.freeze(binding.constants());
// lib/checks.ts
function integer$1(value, name) {
	if (typeof value === "bigint") return Number(value);
	if (typeof value !== "number") throw wrongType(name, "of type number or bigint", value);
	if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
	return value;
}
function size(value, name, least = 0) {
	const number = integer$1(value, name);
	if (number < least || number > Number.MAX_SAFE_INTEGER) throw outOfRange(name, `>= ${least} && <= ${Number.MAX_SAFE_INTEGER}`, value);
	return number;
}
function byte(value, name) {
	const number = integer$1(value, name);
	if (number < 0 || number > 255) throw outOfRange(name, ">= 0 && <= 255", value);
	return number;
}
function index(value, name) {
	return typeof value === "number" && Number.isInteger(value) ? value : integer$1(value, name);
}
function start(value, name, length, absent) {
	if (value === Number.POSITIVE_INFINITY) return value;
	return (typeof value === "bigint" || typeof value === "number") && value > length ? integer$1(value, name) : bound(value, name, length, absent);
}
function bound(value, name, length, absent) {
	if (value === void 0 || value === null) return absent;
	if (value === Number.POSITIVE_INFINITY) return length;
	if (value === Number.NEGATIVE_INFINITY) return 0;
	const number = integer$1(value, name);
	if (number < 0) return Math.max(0, length + number);
	return Math.min(number, length);
}
function int32(value, name) {
	if (typeof value !== "number") throw wrongType(name, "of type number", value);
	if (value !== (value | 0)) throw outOfRange(name, "an integer >= -2147483648 && <= 2147483647", value);
	return value;
}
function boolean(value, name, absent) {
	if (value === void 0) return absent;
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
// lib/bytes.ts
const HOMES = ["external", "native"];
var Native = class {
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
	whole() {}
	all() {
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
	verify(_start, _length) {}
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
	byte: closed,
	setByte: closed,
	copyOut: closed,
	copyIn: closed,
	find: closed,
	whole: closed,
	all: closed,
	get slack() {
		return closed();
	},
	path: void 0,
	resize: closed,
	faulted: closed,
	verify: closed,
	check: closed,
	reattach: closed,
	close() {}
};
let allowed;
function allowsExternal() {
	allowed ??= binding.allowsExternalBuffers();
	return allowed;
}
function checkHome(home, length) {
	if (home !== "external") return;
	if (!allowsExternal()) throw coded("ERR_MMAP_NO_VIEWS", "This engine refuses ArrayBuffers over memory of others: the home 'external' is not to be had");
	if (length > node_buffer.constants.MAX_LENGTH) throw coded("ERR_MMAP_NO_VIEWS", `The home 'external' ends at ${node_buffer.constants.MAX_LENGTH} bytes on this engine. Received a length of ${length}`);
}
// lib/core.ts
const { NativeJob } = binding;
binding.processors((0, node_os.availableParallelism)());
let bytesOf;
let writableOf;
let moveTo;
let runJob;
var Core = class Core {
	#bytes;
	#offset;
	#access;
	#path;
	#jobs;
	static {
		Object.defineProperty(Core.prototype, node_util.inspect.custom, {
			configurable: true,
			writable: true,
			value() {
				const name = this.constructor?.name ?? "Mmap";
				if (this.closed) return `${name} { closed: true }`;
				const path = this.#path === void 0 ? "" : `, path: ${(0, node_util.inspect)(this.#path)}`;
				return `${name} { length: ${this.length}, access: '${this.#access}', position: ${this.tell()}, offset: ${this.#offset}, home: '${this.home}'${path} }`;
			}
		});
		bytesOf = (mapping) => mapping.#bytes;
		moveTo = (mapping, bytes) => {
			mapping.#bytes = bytes;
		};
		writableOf = (mapping) => {
			const bytes = mapping.#bytes;
			if (mapping.#access === "read") {
				bytes.length;
				throw coded("ERR_MMAP_READ_ONLY", "The mapping is read-only");
			}
			return bytes;
		};
		runJob = (mapping, signal, start) => {
			if (signal?.aborted) return Promise.reject(new MmapAbortError(signal.reason));
			mapping.#jobs ??= new Set();
			const jobs = mapping.#jobs;
			return new Promise((resolve, reject) => {
				const end = () => {
					jobs.delete(fail);
					signal?.removeEventListener("abort", abort);
				};
				const job = new NativeJob();
				const fail = (reason) => {
					end();
					job.abort();
					reject(reason);
				};
				const abort = () => fail(new MmapAbortError(signal?.reason));
				jobs.add(fail);
				signal?.addEventListener("abort", abort, { once: true });
				start(job).then((answer) => {
					end();
					if (typeof answer === "object" && answer !== null && "code" in answer) reject(failed(answer, mapping.#path));
					else resolve(answer);
				}, fail);
			});
		};
	}
	constructor(given) {
		const facts = given;
		this.#bytes = facts.bytes;
		this.#offset = facts.offset;
		this.#access = facts.access;
		this.#path = facts.path;
	}
	get length() {
		return this.#bytes.length;
	}
	get offset() {
		this.#bytes.length;
		return this.#offset;
	}
	get access() {
		this.#bytes.length;
		return this.#access;
	}
	get path() {
		this.#bytes.length;
		return this.#path;
	}
	get home() {
		return this.#bytes.home;
	}
	get faulted() {
		return this.#bytes.faulted();
	}
	check() {
		this.#bytes.check();
	}
	reattach() {
		this.#bytes.reattach();
	}
	get closed() {
		return this.#bytes === CLOSED;
	}
	close(closeOptions) {
		const detach = boolean(options(closeOptions, ["detach"]).detach, "options.detach", true);
		const bytes = this.#bytes;
		this.#bytes = CLOSED;
		bytes.close(detach);
		if (this.#jobs === void 0 || this.#jobs.size === 0) return;
		for (const fail of [...this.#jobs]) fail(coded("ERR_MMAP_CLOSED", "The mapping was closed"));
	}
	[Symbol.dispose]() {
		this.close();
	}
};
// lib/array.ts
function bytesOrMapping(value, name, besides = "") {
	if (!(value instanceof Core)) return bytes(value, name, besides + BYTES);
	const bytes$2 = bytesOf(value);
	return copyOf(bytes$2, 0, bytes$2.length);
}
function blame(answer, mine, theirs) {
	if (typeof answer === "object" && answer !== null && "reason" in answer && answer.reason != null) ensure(theirs.native.verify(0, theirs.length), theirs.path);
	return unwrap(answer, mine.path);
}
function copyOf(bytes, start, length) {
	const copy = Buffer.allocUnsafe(length);
	if (length > 0) bytes.copyOut(start, copy, 0, length);
	return copy;
}
function bytesOrByte(value, name) {
	if (typeof value === "number") return Uint8Array.of(byte(value, name));
	return typeof value === "string" ? Buffer.from(value) : bytesOrMapping(value, name, "of type number or string or ");
}
var ByteArray = class ByteArray extends Core {
	get buffer() {
		return bytesOf(this).all();
	}
	subarray(start, end) {
		const all = bytesOf(this).all();
		const from = bound(start, "start", all.length, 0);
		return all.subarray(from, Math.max(from, bound(end, "end", all.length, all.length)));
	}
	view(type, byteOffset = 0, length) {
		const bytes = bytesOf(this);
		if (typeof type !== "function" || !ArrayBuffer.isView(type.prototype ?? null) && !isViewType(type)) throw wrongType("type", "a typed array's constructor or DataView", type);
		const all = bytes.all();
		const unit = type.BYTES_PER_ELEMENT ?? 1;
		const from = size(byteOffset, "byteOffset");
		if (from > all.length) throw outOfRange("byteOffset", `<= ${all.length}`, byteOffset);
		if (from % unit !== 0 || unit > 1 && (from + bytes.slack) % unit !== 0) throw outOfRange("byteOffset", `a multiple of ${unit}, in the mapping and in memory (the mapping begins ${bytes.slack} bytes into its page)`, byteOffset);
		const most = Math.floor((all.length - from) / unit);
		const count = length === void 0 ? most : size(length, "length");
		if (count > most) throw outOfRange("length", `<= ${most}`, length);
		return new type(all.buffer, all.byteOffset + from, count);
	}
	slice(start, end) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		const from = bound(start, "start", length, 0);
		return copyOf(bytes, from, Math.max(0, bound(end, "end", length, length) - from));
	}
	at(index$1) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		let at = index(index$1, "index");
		if (at < 0) at += length;
		return at >= 0 && at < length ? bytes.byte(at) : void 0;
	}
	set(source, offset = 0) {
		const bytes$3 = writableOf(this);
		const at = size(offset, "offset");
		const length = source instanceof ByteArray ? source.length : bytes(source, "source").length;
		const most = bytes$3.length - length;
		if (most < 0) throw outOfRange("source", `at most ${bytes$3.length} bytes long`, `${length} bytes`);
		if (at > most) throw outOfRange("offset", `<= ${most} for ${length} bytes`, offset);
		if (source instanceof ByteArray) {
			const theirs = bytesOf(source);
			blame(bytes$3.native.copyFrom(at, theirs.native, 0, length), bytes$3, theirs);
		} else bytes$3.copyIn(at, bytes(source, "source"));
	}
	fill(value, start, end) {
		const bytes = writableOf(this);
		const { length } = bytes;
		const pattern = bytesOrByte(value, "value");
		if (pattern.length === 0) throw wrongValue("value", "not empty", value);
		const from = bound(start, "start", length, 0);
		const to = bound(end, "end", length, length);
		if (from < to) ensure(bytes.native.fill(from, to, pattern), bytes.path);
		return this;
	}
	includes(needle, start) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		const wanted = bytesOrByte(needle, "needle");
		const from = bound(start, "start", length, 0);
		return bytes.find(wanted, from, length, false) >= 0;
	}
	equals(other) {
		const bytes$4 = bytesOf(this);
		if (other instanceof ByteArray) {
			const theirs = bytesOf(other);
			return theirs.length === bytes$4.length && blame(bytes$4.native.equalsMapping(theirs.native), bytes$4, theirs);
		}
		const theirs = bytes(other, "other");
		return theirs.length === bytes$4.length && unwrap(bytes$4.native.equals(0, theirs), bytes$4.path);
	}
	valueOf() {
		return this.slice();
	}
	[Symbol.iterator]() {
		this.length;
		return each(this);
	}
};
function* each(array) {
	for (let index = 0; index < array.length; index++) yield bytesOf(array).byte(index);
}
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array);
function isViewType(type) {
	if (type === DataView) return true;
	for (let each = type; typeof each === "function"; each = Object.getPrototypeOf(each)) if (each === TYPED_ARRAY || each === DataView) return type !== TYPED_ARRAY;
	return false;
}
// lib/match.ts
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
		return typeof group === "string" ? this.#named(group) : group;
	}
	#named(name) {
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
		const { mapping, names, slots, text } = this.#batch;
		const place = slots[this.#slot + 2 * names.length];
		if (place < 0) return copyOf(bytesOf(mapping), start, end - start);
		const from = place + start - this.index;
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
const FIRST = 16;
const MOST = 1024;
const SLOTS = 65536;
const TEXT = 65536;
const NO_SLOTS = new Float64Array(0);
const NO_TEXT = Buffer.alloc(0);
function widthOf(names) {
	return 2 * names.length + 1;
}
function sizeOf(names, most) {
	return Math.min(most, Math.max(1, Math.floor(SLOTS / widthOf(names))));
}
let scratch;
function textOf(written, slots, width, count) {
	for (let slot = (count - 1) * width; slot >= 0; slot -= width) {
		const [index = 0, end = 0] = slots.subarray(slot);
		const place = slots[slot + width - 1];
		if (place >= 0) return Buffer.from(written.subarray(0, place + end - index));
	}
	return NO_TEXT;
}
var Matches = class {
	#mapping;
	#compiled;
	#start;
	#end;
	#place;
	#width;
	#batch;
	#slot = 0;
	#stop = 0;
	#most = FIRST;
	constructor(mapping, compiled, start, end, at) {
		this.#mapping = mapping;
		this.#compiled = compiled;
		this.#start = start;
		this.#end = end;
		this.#place = Float64Array.of(at, 0, at > end ? 1 : 0);
		this.#width = widthOf(compiled.names);
		this.#batch = {
			mapping,
			names: compiled.names,
			slots: NO_SLOTS,
			text: NO_TEXT
		};
	}
	next() {
		const done = (this.#slot === this.#stop || this.#mapping.closed) && !this.#fill();
		const slot = this.#slot;
		if (!done) this.#slot = slot + this.#width;
		return {
			done,
			value: done ? void 0 : new ByteMatch(this.#batch, slot)
		};
	}
	#fill() {
		const bytes = bytesOf(this.#mapping);
		const end = Math.min(this.#end, bytes.length);
		if (this.#place[2] !== 0 || this.#start > end) return false;
		const { native, names } = this.#compiled;
		const slots = new Float64Array(sizeOf(names, this.#most) * this.#width);
		this.#most = MOST;
		scratch ??= Buffer.allocUnsafeSlow(TEXT);
		const count = unwrap(bytes.native.matches(native, this.#start, end, this.#place, slots, scratch), bytes.path);
		this.#batch = {
			mapping: this.#mapping,
			names,
			slots,
			text: textOf(scratch, slots, this.#width, count)
		};
		this.#slot = 0;
		this.#stop = count * this.#width;
		return count > 0;
	}
	[Symbol.iterator]() {
		return this;
	}
};
const FETCHED = 1024;
function* unpacked(mapping, { names }, { count, slots, text }) {
	const batch = {
		mapping,
		names,
		slots,
		text
	};
	for (let match = 0; match < count; match++) yield new ByteMatch(batch, match * widthOf(names));
}
async function* matchesAsync(mapping, compiled, start, end, at, { signal, threads, run }, most = FETCHED) {
	let place = Float64Array.of(at, 0, at > end ? 1 : 0);
	const batchSize = sizeOf(compiled.names, most);
	while (place[2] === 0) {
		const from = place;
		const to = Math.min(end, bytesOf(mapping).length);
		if (start > to) return;
		const batch = await run((job) => bytesOf(mapping).native.matchesAsync(job, compiled.native, start, to, from, batchSize, TEXT, threads), (place[0] ?? start) - start);
		for (const match of unpacked(mapping, compiled, batch)) {
			bytesOf(mapping).length;
			if (signal?.aborted) throw new MmapAbortError(signal.reason);
			yield match;
		}
		place = batch.place;
	}
}
function firstMatch(mapping, compiled, start, end, at) {
	const bytes = bytesOf(mapping);
	const { names, native } = compiled;
	const slots = new Float64Array(widthOf(names));
	const place = Float64Array.of(at, 0, 0);
	if (unwrap(bytes.native.matches(native, start, end, place, slots, NO_TEXT), bytes.path) === 0) return null;
	const [index = 0, last = 0] = slots;
	const isShort = last - index <= TEXT;
	slots[2 * names.length] = isShort ? 0 : -1;
	return new ByteMatch({
		mapping,
		names,
		slots,
		text: isShort ? copyOf(bytes, index, last - index) : NO_TEXT
	}, 0);
}
// lib/watch.ts
const { arm } = binding;
const place = new Float64Array(3);
const words = [];
const CALM = new Int32Array(1);
const load = process.versions["bun"] === void 0 ? (words, slot) => words[slot] : (words, slot) => Atomics.load(words, slot);
const PAGES = 64;
const BELIEVED = 1024;
const PAGE = 4096;
var Watch = class {
	status = CALM;
	slot = 0;
	probe = Number.MAX_SAFE_INTEGER;
	seen = 0;
	#pages;
	#believes = 0;
	begin(native) {
		native.watch(place);
		const [chunk = -1, slot = 0, probe = 0] = place;
		this.end();
		if (chunk < 0) return;
		words[chunk] ??= new Int32Array(unwrap(binding.statusWords(chunk)));
		this.status = words[chunk];
		this.slot = slot;
		this.probe = probe;
	}
	end() {
		this.status = CALM;
		this.slot = 0;
		this.probe = Number.MAX_SAFE_INTEGER;
		this.forget();
	}
	get isCalm() {
		return load(this.status, this.slot) === 0;
	}
	holds(view, end) {
		if (end > this.probe) return false;
		if (this.probe < view.length) this.seen = view[this.probe];
		return load(this.status, this.slot) === 0;
	}
	vouches(view, start, end) {
		if (end > this.probe) return false;
		if (this.probe >= view.length || view[end - 1] !== 0) return load(this.status, this.slot) === 0;
		return this.#knows(start, end) && this.holds(view, end);
	}
	#knows(start, end) {
		if (this.#pages === void 0 || this.#believes-- <= 0) return false;
		const [first, last] = [Math.floor(start / PAGE), Math.floor((end - 1) / PAGE)];
		return last - first <= 1 && this.#pages[first % PAGES] === first + 1 && this.#pages[last % PAGES] === last + 1;
	}
	asked(start, end) {
		if (this.probe >= Number.MAX_SAFE_INTEGER) return;
		if (this.#believes <= 0) this.forget();
		this.#pages ??= new Float64Array(PAGES);
		if (this.#believes <= 0) this.#believes = BELIEVED;
		const last = Math.floor((end - 1) / PAGE);
		for (let page = Math.max(Math.floor(start / PAGE), last - 1); page <= last; page++) this.#pages[page % PAGES] = page + 1;
	}
	forget() {
		this.#pages?.fill(0);
		this.#believes = 0;
	}
};
let listening = !node_worker_threads.isMainThread;
function heard(name) {
	if (name !== "SIGBUS" && name !== "SIGSEGV") return;
	arm();
	queueMicrotask(arm);
	setImmediate(arm).unref();
}
function listen() {
	if (listening) return;
	listening = true;
	process.on("newListener", heard);
	process.on("removeListener", heard);
}
// lib/external.ts
const { detach: detachNatively, detached, handed, released } = binding;
const ENGINE = process.versions["bun"] !== void 0 ? 1 : process.versions["deno"] !== void 0 ? 2 : 0;
let settling = node_worker_threads.isMainThread || ENGINE === 2;
function settleAtExit() {
	if (settling) return;
	settling = true;
	process.once("exit", () => binding.settle());
}
const copy = Uint8Array.prototype.set;
const { slice } = ArrayBuffer.prototype;
const transfer = Reflect.get(ArrayBuffer.prototype, "transfer");
function detach(buffer, number) {
	if (buffer.byteLength === 0) return;
	detached(number);
	if (transfer === void 0 || ENGINE === 1) {
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
const made = new Float64Array(2);
function patience(length) {
	return 16 + length / 2 ** 20;
}
const LOOP = 48;
const SMALL = 1024;
var External = class extends Native {
	#buffer;
	#number = 0;
	#handed = false;
	#patience;
	#forced;
	#watch = new Watch();
	constructor(native, length, slack, path, forced) {
		super(native, length, slack, path);
		this.#forced = forced;
		this.#patience = patience(length);
	}
	get home() {
		return "external";
	}
	#view() {
		if (this.#buffer === void 0) {
			if (this.#patience-- > 0) return void 0;
			return this.whole();
		}
		return this.#buffer.length === this.length ? this.#buffer : void 0;
	}
	#settled(view, start, end) {
		if (start >= end || this.#watch.vouches(view, start, end)) return;
		this.verify(start, end - start);
		this.#watch.asked(start, end);
	}
	#stored(view, start, end) {
		if (!this.#watch.holds(view, end)) this.verify(start, end - start);
	}
	verify(start, length) {
		ensure(this.native.verify(start, length), this.path);
	}
	faulted() {
		return this.#buffer === void 0 ? super.faulted() : !this.#watch.isCalm;
	}
	reattach() {
		this.#watch.forget();
		if (unwrap(this.native.reattach(), this.path) === false) this.#forget();
	}
	byte(index) {
		const view = this.#buffer ?? this.#view();
		const byte = view?.[index];
		if (view === void 0 || byte === void 0) return super.byte(index);
		if (byte === 0 ? this.#watch.vouches(view, index, index + 1) : this.#watch.isCalm) return byte;
		const told = super.byte(index);
		this.#watch.asked(index, index + 1);
		return told;
	}
	setByte(index, value) {
		const view = this.#view();
		if (view === void 0) super.setByte(index, value);
		else {
			view[index] = value;
			this.#stored(view, index, index + 1);
		}
	}
	copyOut(start, target, at, count) {
		const view = this.#view();
		if (view === void 0) {
			super.copyOut(start, target, at, count);
			return;
		}
		if (count <= LOOP && target.buffer !== view.buffer) for (let n = 0; n < count; n++) target[at + n] = view[start + n];
		else copy.call(target, view.subarray(start, start + count), at);
		this.#settled(view, start, start + count);
	}
	find(needle, start, end, last) {
		const view = end - start <= SMALL && needle.length > 0 ? this.#view() : void 0;
		if (view === void 0) return super.find(needle, start, end, last);
		const range = view.subarray(start, end);
		const found = last ? range.lastIndexOf(needle) : range.indexOf(needle);
		const from = found >= 0 && last ? start + found : start;
		this.#settled(view, from, found >= 0 && !last ? start + found + needle.length : end);
		return found < 0 ? found : start + found;
	}
	copyIn(start, source) {
		const view = this.#view();
		if (view === void 0) super.copyIn(start, source);
		else {
			view.set(source, start);
			this.#stored(view, start, start + source.length);
		}
	}
	whole() {
		const buffer = this.#make();
		return buffer.length === this.length ? buffer : void 0;
	}
	all() {
		const buffer = this.whole();
		if (buffer === void 0) throw coded("ERR_MMAP_NO_VIEWS", "The ArrayBuffer of the mapping was transferred away");
		if (!this.#handed) handed(this.#number);
		this.#handed = true;
		return buffer;
	}
	#make() {
		if (this.#buffer === void 0) {
			const array = this.length === 0 ? new ArrayBuffer(0) : unwrap(this.native.expose(made, ENGINE));
			settleAtExit();
			this.#number = this.length === 0 ? 0 : made[0] ?? 0;
			if (ENGINE === 1 && this.#number > 0) copyWhenTransferred(array, this.#number);
			this.#watch.begin(this.native);
			this.#buffer = Buffer.from(array, 0, this.length);
		}
		return this.#buffer;
	}
	#forget() {
		const buffer = this.#buffer;
		this.#buffer = void 0;
		this.#watch.end();
		if (buffer === void 0) return;
		const array = buffer.buffer;
		detach(array, this.#number);
		if (!this.#handed && array.byteLength === 0) released(this.#number);
		this.#handed = false;
	}
	resize(length, reserve) {
		const fits = length <= node_buffer.constants.MAX_LENGTH;
		if (this.#forced) checkHome("external", length);
		if (!this.#handed) this.#forget();
		super.resize(length, reserve);
		this.#forget();
		return fits ? this : new Native(this.native, length, this.slack, this.path);
	}
	close(detachViews) {
		if (detachViews) this.#forget();
		super.close(detachViews);
	}
};
function settle(native, length, slack, home, path) {
	checkHome(home, length);
	return (home === void 0 ? length <= node_buffer.constants.MAX_LENGTH && allowsExternal() : home === "external") ? new External(native, length, slack, path, home !== void 0) : new Native(native, length, slack, path);
}
// lib/options.ts
const ACCESSES = [
	"read",
	"write",
	"copy"
];
const UNIX = ["prot", "flags"];
const CONSTRUCTOR = [
	"access",
	"offset",
	"trackfd",
	"tagname",
	"home",
	"faults"
];
const CONSTRUCTOR_KEYS = process.platform === "win32" ? CONSTRUCTOR : [...CONSTRUCTOR, ...UNIX];
const OPEN_KEYS = [
	"access",
	"offset",
	"length",
	"create",
	"home",
	"faults"
];
function accessCode(access) {
	return access === void 0 ? 0 : ACCESSES.indexOf(access) + 1;
}
const FORCED = process.env["MEMMAP_HOME"] || void 0;
function home(value) {
	if (value !== void 0) return oneOf(value, "options.home", HOMES);
	return FORCED === void 0 ? void 0 : oneOf(FORCED, "MEMMAP_HOME", HOMES);
}
const FAULTS = ["guard", "crash"];
const FORCED_FAULTS = process.env["MEMMAP_FAULTS"] || void 0;
function guard(value) {
	return (value === void 0 ? oneOf(FORCED_FAULTS, "MEMMAP_FAULTS", FAULTS) : oneOf(value, "options.faults", FAULTS)) !== "crash";
}
const optional = (value, name) => value === void 0 ? void 0 : int32(value, name);
function construction(fd, given) {
	const options$2 = options(given, CONSTRUCTOR_KEYS);
	if (options$2.tagname !== void 0 && fd !== -1 && process.platform !== "win32") throw wrongValue("options.tagname", "used with the fileno -1 on this system", options$2.tagname);
	return {
		offset: size(options$2.offset === void 0 ? 0 : options$2.offset, "options.offset"),
		prot: optional(options$2.prot, "options.prot"),
		flags: optional(options$2.flags, "options.flags"),
		access: oneOf(options$2.access, "options.access", ACCESSES),
		track: boolean(options$2.trackfd, "options.trackfd", true),
		tagname: options$2.tagname === void 0 ? void 0 : string(options$2.tagname, "options.tagname"),
		home: home(options$2.home),
		guard: guard(options$2.faults)
	};
}
function opening(given, more = []) {
	const options$3 = options(given, [...OPEN_KEYS, ...more]);
	const access = oneOf(options$3.access, "options.access", ACCESSES) ?? "read";
	const create = boolean(options$3.create, "options.create", false);
	if (create && access !== "write") throw wrongValue("options.create", "used with the access 'write' alone", true);
	return {
		access,
		create,
		offset: size(options$3.offset === void 0 ? 0 : options$3.offset, "options.offset"),
		length: size(options$3.length === void 0 ? 0 : options$3.length, "options.length"),
		home: home(options$3.home),
		guard: guard(options$3.faults),
		signal: signal(options$3.signal)
	};
}
function anonymous(given) {
	return options(given, [
		"access",
		"home",
		"faults"
	]);
}
function descriptor(fileno) {
	if (typeof fileno === "number") return int32(fileno, "fileno");
	const fd = typeof fileno === "object" && fileno !== null ? Reflect.get(fileno, "fd") : void 0;
	if (typeof fd !== "number") throw wrongType("fileno", "a file descriptor or an object with one (`fd`)", fileno);
	return fd === -1 ? -2 : int32(fd, "fileno.fd");
}
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
// lib/file.ts
const NEWLINE = Uint8Array.of(10);
var FileLike = class extends ByteArray {
	#position = 0;
	read(size) {
		const bytes = bytesOf(this);
		const copy = copyOf(bytes, this.#position, this.#count(bytes.length, size));
		this.#position += copy.length;
		return copy;
	}
	#count(length, size) {
		const rest = Math.max(0, length - this.#position);
		if (size === void 0 || size === null) return rest;
		const wanted = index(size, "size");
		return wanted < 0 ? rest : Math.min(wanted, rest);
	}
	readInto(target, offset = 0, length, position) {
		const bytes$1 = bytesOf(this);
		const whole = bytes(target, "target");
		const at = size(offset, "offset");
		if (at > whole.length) throw outOfRange("offset", `<= ${whole.length}`, offset);
		const room = whole.length - at;
		const wanted = length === void 0 || length === null ? room : size(length, "length");
		if (wanted > room) throw outOfRange("length", `<= ${room}`, length);
		const moves = position === void 0 || position === null;
		const from = moves ? this.#position : size(position, "position");
		const count = Math.min(wanted, bytes$1.length - from);
		if (count <= 0) return 0;
		bytes$1.copyOut(from, whole, at, count);
		if (moves) this.#position += count;
		return count;
	}
	readByte() {
		const bytes = bytesOf(this);
		const position = this.#position;
		if (position >= bytes.length) throw outOfRange("position", `< ${bytes.length} to read a byte`, position);
		const byte = bytes.byte(position);
		this.#position = position + 1;
		return byte;
	}
	readLine() {
		const bytes = bytesOf(this);
		if (this.#position >= bytes.length) return Buffer.alloc(0);
		const found = bytes.find(NEWLINE, this.#position, bytes.length, false);
		return this.read(found < 0 ? void 0 : found + 1 - this.#position);
	}
	write(data, encoding) {
		const bytes = writableOf(this);
		const source = data instanceof ByteArray ? data : bytesOrString(data, "data", encoding);
		const room = bytes.length - this.#position;
		if (source.length > room) throw outOfRange("data", `at most ${Math.max(0, room)} bytes long, what there is from the position ${this.#position} on`, `${source.length} bytes`);
		this.set(source, this.#position);
		this.#position += source.length;
		return source.length;
	}
	writeByte(value) {
		const bytes = writableOf(this);
		const byte$1 = byte(value, "value");
		if (this.#position >= bytes.length) throw outOfRange("position", `< ${bytes.length} to write a byte`, this.#position);
		bytes.setByte(this.#position, byte$1);
		this.#position++;
	}
	seek(position, whence = 0) {
		const { length } = bytesOf(this);
		const distance = index(position, "position");
		if (whence !== 0 && whence !== 1 && whence !== 2) throw wrongValue("whence", "0 (start), 1 (position) or 2 (end)", whence);
		const target = distance + (whence === 0 ? 0 : whence === 1 ? this.#position : length);
		if (target < 0 || target > length) throw outOfRange("position", `between the start and the end, 0 and ${length}, when counted from ${[
			"the start",
			"the position",
			"the end"
		][whence]}`, position);
		this.#position = target;
		return target;
	}
	tell() {
		this.length;
		return this.#position;
	}
	seekable() {
		this.length;
		return true;
	}
	size() {
		return unwrap(bytesOf(this).native.size());
	}
	find(needle, start, end) {
		return this.#find(needle, start, end, false);
	}
	rfind(needle, start, end) {
		return this.#find(needle, start, end, true);
	}
	#find(needle, start$2, end, last) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		const wanted = typeof needle === "string" ? Buffer.from(needle) : bytesOrMapping(needle, "needle", "of type string or ");
		const from = start(start$2, "start", length, this.#position);
		const to = bound(end, "end", length, length);
		if (from > to) return -1;
		return bytes.find(wanted, from, to, last);
	}
	move(dest, src, count) {
		const bytes = writableOf(this);
		const [to, from, length] = [
			size(dest, "dest"),
			size(src, "src"),
			size(count, "count")
		];
		const most = bytes.length - length;
		if (most < 0) throw outOfRange("count", `<= ${bytes.length}`, count);
		if (to > most) throw outOfRange("dest", `<= ${most} for ${length} bytes`, dest);
		if (from > most) throw outOfRange("src", `<= ${most} for ${length} bytes`, src);
		if (length > 0) ensure(bytes.native.copyFrom(to, bytes.native, from, length), bytes.path);
	}
	resize(length, resizeOptions) {
		const bytes = bytesOf(this);
		if (this.access !== "write") throw coded("ERR_MMAP_READ_ONLY", `A mapping with the access '${this.access}' cannot be resized`);
		const wanted = size(length, "length", 1);
		const reserve = boolean(options(resizeOptions, ["reserve"]).reserve, "options.reserve", true);
		moveTo(this, bytes.resize(wanted, reserve));
	}
	#flushed(offset, length, flags) {
		const whole = bytesOf(this).length;
		const from = size(offset === void 0 ? 0 : offset, "offset");
		if (from > whole) throw outOfRange("offset", `<= ${whole}`, offset);
		const rest = whole - from;
		const count = length === void 0 || length === null || length === -1 || length === -1n ? rest : size(length, "length");
		if (count > rest) throw outOfRange("length", `<= ${rest}`, length);
		return [
			from,
			count,
			flags === void 0 ? 0 : int32(flags, "options.flags")
		];
	}
	flush(offset, length, flushOptions) {
		const { flags } = options(flushOptions, ["flags"]);
		const range = this.#flushed(offset, length, flags);
		const bytes = bytesOf(this);
		ensure(bytes.native.flush(...range), bytes.path);
	}
	async flushAsync(offset, length, flushOptions) {
		const { flags, signal: signal$3 } = options(flushOptions, ["flags", "signal"]);
		const range = this.#flushed(offset, length, flags);
		await runJob(this, signal(signal$3), () => bytesOf(this).native.flushAsync(...range));
	}
	madvise(advice, start = 0, length) {
		const bytes = bytesOf(this);
		const given = typeof advice === "number" ? int32(advice, "advice") : advice;
		if (typeof given !== "number" && typeof given !== "string") throw wrongType("advice", "of type string or number", advice);
		const from = size(start, "start");
		if (from >= bytes.length && (from > 0 || bytes.length > 0)) throw outOfRange("start", `< ${bytes.length}`, start);
		const rest = bytes.length - from;
		const count = length === void 0 || length === null ? rest : Math.min(rest, size(length, "length"));
		return unwrap(bytes.native.advise(given, from, count));
	}
	setName(name) {
		const bytes = bytesOf(this);
		const text = string(name, "name");
		if (text.includes("\0")) throw wrongValue("name", "a string without null bytes", name);
		if (Buffer.byteLength(text) > 79) throw wrongValue("name", "at most 79 bytes long", name);
		ensure(bytes.native.setName(text));
	}
};
// lib/lines.ts
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
const NONE = 0;
const LATIN1 = 1;
const UTF8 = 2;
const CR = 13;
function wanted(bytes, given, more) {
	const options$1 = options(given, [...KEYS$1, ...more]);
	const as = oneOf(options$1.as, "options.as", KINDS) ?? "string";
	const encoding = oneOf(options$1.encoding, "options.encoding", ENCODINGS) ?? "utf8";
	const start = bound(options$1.start, "options.start", bytes.length, 0);
	return {
		as,
		encoding: as !== "string" ? NONE : encoding.startsWith("utf") ? UTF8 : LATIN1,
		start,
		end: Math.max(start, bound(options$1.end, "options.end", bytes.length, bytes.length)),
		keepEnds: boolean(options$1.keepEnds, "options.keepEnds", false)
	};
}
const ROOM = 16384;
function roomFor({ start, end }) {
	return new Int32Array(2 * Math.min(ROOM, end - start));
}
const TEXT_PIECE = 64512;
const BYTES_PIECE = 65536;
const OFFSETS_PIECE = 524288;
const measures$1 = new Float64Array(3);
function integer(value) {
	const small = value | 0;
	return small === value ? small : value;
}
var Lines = class {
	#mapping;
	#end;
	keepEnds;
	bounds;
	far = 0;
	#at = 0;
	#stop = 0;
	#next;
	constructor(mapping, options) {
		const { start, end, keepEnds } = options;
		this.bounds = roomFor(options);
		this.#mapping = mapping;
		this.#next = start;
		this.#end = end;
		this.keepEnds = keepEnds;
	}
	step() {
		const at = this.#at;
		if (at === this.#stop || this.#mapping.closed) return this.#refill();
		this.#at = at + 2;
		return at;
	}
	#refill() {
		const bytes = bytesOf(this.#mapping);
		const end = Math.min(this.#end, bytes.length);
		const start = this.#next;
		if (start >= end) return -1;
		this.take(bytes, start, end);
		const [next = end, count = 0, far = 0] = measures$1;
		this.#next = integer(next);
		this.far = integer(far);
		this.#at = 2;
		this.#stop = 2 * count;
		return 0;
	}
	[Symbol.iterator]() {
		return this;
	}
};
var Text = class {
	#narrow = "";
	#wide = "";
	take(made, keepEnds, bounds) {
		[this.#narrow, this.#wide] = typeof made === "string" ? [made, ""] : made;
		if (measures$1[1] === -1) measures$1[1] = cutAt(this.#narrow, keepEnds, bounds);
	}
	line(bounds, at) {
		const from = bounds[at];
		const end = bounds[at + 1];
		return from < 0 ? this.#wide.substring(~from, end) : this.#narrow.substring(from, end);
	}
};
var Strings = class extends Lines {
	#encoding;
	#text = new Text();
	constructor(mapping, options) {
		super(mapping, options);
		this.#encoding = options.encoding;
	}
	take(bytes, start, end) {
		const { bounds, keepEnds } = this;
		const text = bytes.native.lines(start, end, TEXT_PIECE, this.#encoding, keepEnds, bounds, measures$1);
		this.#text.take(unwrap(text, bytes.path), keepEnds, bounds);
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
function cutAt(text, keepEnds, bounds) {
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
const NO_BYTES = new ArrayBuffer(0);
const bufferOver = (() => {
	const { [Symbol.species]: Class } = Buffer;
	if (Class === void 0 || Class.prototype !== Buffer.prototype || Object.is(Class, Buffer)) return (memory, offset, length) => Buffer.from(memory, offset, length);
	return (memory, offset, length) => new Class(memory, offset, length);
})();
var Buffers = class extends Lines {
	#bytes = NO_BYTES;
	take(bytes, start, end) {
		const { bounds, keepEnds } = this;
		unwrap(bytes.native.lines(start, end, BYTES_PIECE, NONE, keepEnds, bounds, measures$1), bytes.path);
		const length = measures$1[0] - start;
		const copy = Buffer.allocUnsafeSlow(length);
		bytes.copyOut(start, copy, 0, length);
		this.#bytes = copy.buffer;
	}
	#line(at) {
		const from = this.bounds[at];
		return bufferOver(this.#bytes, from, this.far + this.bounds[at + 1] - from);
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
var OffsetsStep = class OffsetsStep {
	done;
	#start;
	#end;
	static {
		Object.defineProperty(OffsetsStep.prototype, node_util.inspect.custom, {
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
var Offsets = class extends Lines {
	#base = 0;
	take(bytes, start, end) {
		const { bounds, keepEnds } = this;
		unwrap(bytes.native.lines(start, end, OFFSETS_PIECE, NONE, keepEnds, bounds, measures$1), bytes.path);
		this.#base = start;
	}
	next() {
		const found = this.step();
		const done = found < 0;
		const at = done ? 0 : found;
		const base = this.#base;
		return new OffsetsStep(done, base + this.bounds[at], base + this.far + this.bounds[at + 1]);
	}
};
function linesOf(mapping, given) {
	const options = wanted(bytesOf(mapping), given, []);
	return new {
		string: Strings,
		buffer: Buffers,
		offsets: Offsets
	}[options.as](mapping, options);
}
const BATCH = 4 * TEXT_PIECE;
function readyLines(job, start, { encoding, keepEnds }, bounds) {
	const made = unwrap(job.lines(start, encoding, bounds, measures$1));
	if (made === null) return void 0;
	const lines = [];
	if (made instanceof Uint8Array) {
		const [, count = 0, far = 0] = measures$1;
		for (let at = 0; at < 2 * count; at += 2) {
			const from = bounds[at];
			lines.push(bufferOver(made.buffer, made.byteOffset + from, far + bounds[at + 1] - from));
		}
	} else {
		const text = new Text();
		text.take(made, keepEnds, bounds);
		const [, count = 0] = measures$1;
		for (let at = 0; at < 2 * count; at += 2) lines.push(text.line(bounds, at));
	}
	return lines;
}
async function* linesAsyncOf(mapping, given) {
	const options = wanted(bytesOf(mapping), given, ["signal"]);
	if (options.as === "offsets") throw wrongValue("options.as", "'string' or 'buffer'", options.as);
	const signal$2 = signal(given?.signal);
	const bounds = roomFor(options);
	let { start } = options;
	for (;;) {
		const end = Math.min(options.end, bytesOf(mapping).length);
		if (start >= end) return;
		const job = await runJob(mapping, signal$2, async (begun) => {
			const { native } = bytesOf(mapping);
			const { encoding, keepEnds } = options;
			const room = bounds.length / 2;
			const read = await native.linesAsync(begun, start, end, TEXT_PIECE, BATCH, encoding, keepEnds, room);
			return typeof read === "number" ? begun : read;
		});
		try {
			for (;;) {
				bytesOf(mapping).length;
				if (signal$2?.aborted) throw new MmapAbortError(signal$2.reason);
				const lines = readyLines(job, start, options, bounds);
				if (lines === void 0) break;
				start = measures$1[0];
				yield lines;
			}
		} finally {
			job.abort();
		}
	}
}
// lib/pattern.ts
function needleBytes(needle) {
	return typeof needle === "string" ? Buffer.from(needle) : bytesOrMapping(needle, "needle", "of type string or ");
}
const { get: sourceOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, "source");
const { get: flagsOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, "flags");
const cache = new Map();
const CACHED = 64;
const WHOLE = [null];
function compile(pattern, name = "pattern") {
	if (!(0, node_util_types.isRegExp)(pattern)) {
		const bytes = typeof pattern === "string" ? Buffer.from(pattern) : bytesOrMapping(pattern, name, "of type string or an instance of RegExp or ");
		return {
			native: binding.verbatim(bytes),
			names: WHOLE
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
		if (cache.size >= CACHED) cache.delete(cache.keys().next().value);
	} else cache.delete(key);
	cache.set(key, compiled);
	return compiled;
}
// lib/search.ts
const KEYS = [
	"signal",
	"threads",
	"onProgress"
];
const PACE = 50;
const ALL_THREADS = 64;
function scan(given) {
	const { signal: signal$1, threads, onProgress } = options(given, KEYS);
	if (onProgress !== void 0 && typeof onProgress !== "function") throw wrongType("options.onProgress", "of type function", onProgress);
	return {
		signal: signal(signal$1),
		threads: threads === void 0 ? ALL_THREADS : Math.min(ALL_THREADS, size(threads, "options.threads", 1)),
		onProgress
	};
}
var Searchable = class extends FileLike {
	#range(start, end) {
		const { length } = this;
		const from = bound(start, "start", length, 0);
		return [from, Math.max(from, bound(end, "end", length, length))];
	}
	search(pattern, start, end) {
		const bytes = bytesOf(this);
		const [from, to] = this.#range(start, end);
		if (!(0, node_util_types.isRegExp)(pattern)) return bytes.find(needleBytes(pattern), from, to, false);
		return unwrap(bytes.native.search(compile(pattern).native, from, to, from), bytes.path);
	}
	match(pattern, start, end) {
		bytesOf(this).length;
		const [from, to] = this.#range(start, end);
		const compiled = compile(pattern);
		if (!(0, node_util_types.isRegExp)(pattern) || !(pattern.global || pattern.sticky)) return firstMatch(this, compiled, from, to, from);
		const at = Math.max(from, pattern.lastIndex);
		const found = at > to ? null : firstMatch(this, compiled, from, to, at);
		pattern.lastIndex = found === null ? 0 : found.end;
		return found;
	}
	matchAll(pattern, start, end) {
		bytesOf(this).length;
		const [from, to] = this.#range(start, end);
		if ((0, node_util_types.isRegExp)(pattern) && !pattern.global) throw wrongValue("pattern", "a RegExp with the flag g", pattern);
		const at = (0, node_util_types.isRegExp)(pattern) ? Math.max(from, pattern.lastIndex) : from;
		return new Matches(this, compile(pattern), from, to, at);
	}
	count(pattern, start, end) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		const from = bound(start, "start", length, 0);
		const to = bound(end, "end", length, length);
		const { native } = compile(pattern, "needle");
		return from > to ? 0 : unwrap(bytes.native.count(native, from, to), bytes.path);
	}
	lines(linesOptions) {
		return linesOf(this, linesOptions);
	}
	linesAsync(linesOptions) {
		bytesOf(this).length;
		return linesAsyncOf(this, linesOptions);
	}
	async findAsync(needle, start, end, scanOptions) {
		return this.#findAsync(needle, start, end, scanOptions, false);
	}
	async rfindAsync(needle, start, end, scanOptions) {
		return this.#findAsync(needle, start, end, scanOptions, true);
	}
	async #findAsync(needle, start$1, end, scanOptions, last) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		const options = scan(scanOptions);
		const wanted = needleBytes(needle);
		const from = start(start$1, "start", length, this.tell());
		const to = bound(end, "end", length, length);
		if (from > to) return -1;
		return this.#scan(options, to - from, (job) => bytes.native.findAsync(job, wanted, from, to, last, options.threads));
	}
	async countAsync(pattern, start, end, scanOptions) {
		const bytes = bytesOf(this);
		const { length } = bytes;
		const options = scan(scanOptions);
		const { native } = compile(pattern);
		const from = bound(start, "start", length, 0);
		const to = bound(end, "end", length, length);
		if (from > to) return 0;
		return this.#scan(options, to - from, (job) => bytes.native.countAsync(job, native, from, to, options.threads));
	}
	async matchAsync(pattern, start, end, scanOptions) {
		const [from, to] = this.#range(start, end);
		const moves = (0, node_util_types.isRegExp)(pattern) && (pattern.global || pattern.sticky);
		const at = moves ? Math.max(from, pattern.lastIndex) : from;
		const matches = matchesAsync(this, compile(pattern), from, to, at, this.#scanner(scan(scanOptions), to - from), 1);
		const { value } = await matches.next();
		await matches.return();
		const found = value ?? null;
		if (moves) pattern.lastIndex = found === null ? 0 : found.end;
		return found;
	}
	matchAllAsync(pattern, matchOptions) {
		bytesOf(this).length;
		const { start, end, ...rest } = options(matchOptions, [
			...KEYS,
			"start",
			"end"
		]);
		const [from, to] = this.#range(start, end);
		if ((0, node_util_types.isRegExp)(pattern) && !pattern.global) throw wrongValue("pattern", "a RegExp with the flag g", pattern);
		const at = (0, node_util_types.isRegExp)(pattern) ? Math.max(from, pattern.lastIndex) : from;
		return matchesAsync(this, compile(pattern), from, to, at, this.#scanner(scan(rest), to - from));
	}
	#scanner(options, total) {
		const { onProgress, signal, threads } = options;
		return {
			signal,
			threads,
			run: (start, done) => {
				const told = onProgress && ((more) => onProgress(Math.min(total, done + more), total));
				return this.#scan({
					...options,
					onProgress: told
				}, total, start);
			}
		};
	}
	async #scan(options, total, start) {
		const { onProgress, signal } = options;
		if (onProgress === void 0) return runJob(this, signal, start);
		let timer;
		let thrown;
		try {
			const answer = await runJob(this, signal, (job) => {
				timer = setInterval(() => {
					try {
						onProgress(Math.min(total, job.done()), total);
					} catch (error) {
						thrown ??= { error };
						clearInterval(timer);
						job.abort();
					}
				}, PACE).unref();
				return start(job);
			});
			if (thrown === void 0) return answer;
		} catch (error) {
			if (thrown === void 0) throw error;
		} finally {
			clearInterval(timer);
		}
		throw thrown.error;
	}
};
// lib/mmap.ts
const EXHAUSTED = new Set([
	"ENOMEM",
	"EMFILE",
	"ENFILE"
]);
const { map, open, openAsync, sweep, unlink } = binding;
function isFailure(answer) {
	return answer.code !== void 0;
}
const measures = new Float64Array(2);
function engineGc() {
	const bun = Reflect.get(globalThis, "Bun");
	if (bun !== void 0) return () => bun.gc(true);
	(0, node_v8.setFlagsFromString)("--expose-gc");
	return (0, node_vm.runInNewContext)("gc");
}
function collect() {
	try {
		engineGc()?.();
	} catch {}
	sweep();
}
function isExhausted(answer) {
	return isFailure(answer) && answer.code === "" && EXHAUSTED.has(Reflect.get(failed(answer), "code"));
}
function obtain(ask, path) {
	let answer = ask();
	for (const makeRoom of [sweep, collect]) {
		if (!isFailure(answer)) return answer;
		if (!isExhausted(answer)) break;
		makeRoom();
		answer = ask();
	}
	if (isFailure(answer)) throw failed(answer, path);
	return answer;
}
function facts(native, plan, access, path) {
	const { offset, home } = plan;
	if (plan.guard) listen();
	const length = measures[0] ?? 0;
	const slack = measures[1] ?? 0;
	try {
		return {
			bytes: settle(native, length, slack, home, path),
			offset,
			access,
			path
		};
	} catch (error) {
		native.undo();
		throw error;
	}
}
function remembered({ access, prot }) {
	if (access !== void 0) return access;
	return prot === void 0 || (prot & (constants["PROT_WRITE"] ?? 0)) !== 0 ? "write" : "read";
}
var Adopted = class {
	facts;
	constructor(facts) {
		this.facts = facts;
	}
};
var Mmap = class Mmap extends Searchable {
	constructor(fileno, length = 0, mmapOptions) {
		if (fileno instanceof Adopted) {
			super(fileno.facts);
			return;
		}
		const fd = descriptor(fileno);
		const bytes = size(length, "length");
		const plan = construction(fd, mmapOptions);
		const code = accessCode(plan.access);
		const native = obtain(() => map(fd, bytes, plan.offset, code, plan.prot, plan.flags, plan.track, plan.guard, plan.tagname, measures));
		super(facts(native, plan, remembered(plan)));
	}
	static open(path$5, openOptions) {
		const { bytes, text } = path(path$5);
		const plan = opening(openOptions);
		const code = accessCode(plan.access);
		return adopt(facts(obtain(() => open(bytes, plan.length, plan.offset, code, plan.create, plan.guard, measures), text), plan, plan.access, text));
	}
	static async openAsync(path$4, openOptions) {
		const { bytes, text } = path(path$4);
		const plan = opening(openOptions, ["signal"]);
		const { signal } = plan;
		if (signal?.aborted) throw new MmapAbortError(signal.reason);
		const code = accessCode(plan.access);
		const ask = () => openAsync(bytes, plan.length, plan.offset, code, plan.create, plan.guard);
		const retry = () => {
			collect();
			return ask();
		};
		return new Promise((resolve, reject) => {
			const abort = () => reject(new MmapAbortError(signal?.reason));
			signal?.addEventListener("abort", abort, { once: true });
			const take = (answer) => {
				signal?.removeEventListener("abort", abort);
				if (isFailure(answer)) reject(failed(answer, text));
				else if (signal?.aborted) answer.undo();
				else {
					answer.measure(measures);
					resolve(adopt(facts(answer, plan, plan.access, text)));
				}
			};
			ask().then((answer) => isExhausted(answer) ? retry() : answer).then(take).catch(reject);
		});
	}
	static anonymous(length, anonymousOptions) {
		return new Mmap(-1, size(length, "length", 1), anonymous(anonymousOptions));
	}
	static unlink(name) {
		return unwrap(unlink(string(name, "name")));
	}
};
function adopt(facts) {
	return new Mmap(new Adopted(facts));
}
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
