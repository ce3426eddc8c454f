// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IBridge {
    function requestPegOut(bytes calldata destination) external payable;
}

/// Ends itself, in the transaction of its birth or later.
contract Mortal {
    uint256 public value = 7;

    constructor() payable {}

    function end(address payable heir) external {
        selfdestruct(heir);
    }
}

/// Does what tests of an EVM look at.
contract Probe {
    event Noted(address indexed who, uint256 indexed key, string text);
    error Refused(uint256 code);

    uint256 public count;
    mapping(uint256 => uint256) public values;
    string public text;

    constructor(string memory initial) payable {
        text = initial;
    }

    receive() external payable {}

    function note(uint256 key, string calldata words) external {
        count += 1;
        values[key] = block.number;
        emit Noted(msg.sender, key, words);
    }

    function fill(uint256 from, uint256 slots) external {
        for (uint256 i = from; i < from + slots; i++) values[i] = i + 1;
    }

    function clear(uint256 from, uint256 slots) external {
        for (uint256 i = from; i < from + slots; i++) delete values[i];
    }

    function failWithText() external pure {
        revert("not today");
    }

    function failWithError() external pure {
        revert Refused(42);
    }

    function failWithPanic(uint256 divisor) external pure returns (uint256) {
        return 1 / divisor;
    }

    function emitThenFail(uint256 key) external {
        emit Noted(msg.sender, key, "never seen");
        count += 1;
        revert("undone");
    }

    function spin(uint256 rounds) external returns (uint256 result) {
        for (uint256 i = 0; i < rounds; i++) result = uint256(keccak256(abi.encode(result, i)));
        count = result;
    }

    /// Calls another contract and reports; a failed call undoes only itself.
    function tryCall(address target, bytes calldata data) external payable returns (bool done, bytes memory returned) {
        (done, returned) = target.call{value: msg.value}(data);
        count += 1;
    }

    function burnThrough(IBridge bridge, bytes calldata destination) external payable {
        bridge.requestPegOut{value: msg.value}(destination);
    }

    function createAndEnd(bytes32 salt, address payable heir) external payable {
        new Mortal{salt: salt, value: msg.value}().end(heir);
    }

    function create(bytes32 salt) external payable returns (Mortal) {
        return new Mortal{salt: salt, value: msg.value}();
    }

    function transient_(uint256 value) external returns (uint256 before, uint256 later) {
        assembly {
            before := tload(1)
            tstore(1, value)
            later := tload(1)
        }
        count = later;
    }

    function surroundings(uint256 ancestor)
        external
        view
        returns (bytes32 ancestorHash, uint256 randao, address coinbase, uint256 baseFee, uint256 chain, bytes32 parentRoot)
    {
        (bool done, bytes memory root) =
            0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02.staticcall(abi.encode(block.timestamp));
        parentRoot = done ? abi.decode(root, (bytes32)) : bytes32(0);
        return (blockhash(ancestor), block.prevrandao, block.coinbase, block.basefee, block.chainid, parentRoot);
    }

    /// Stores the hash of what a contract, mostly a precompile, answers.
    function record(address target, bytes calldata data) external returns (bool done, bytes memory returned) {
        (done, returned) = target.call(data);
        values[uint160(target)] = uint256(keccak256(abi.encode(done, returned)));
    }
}
